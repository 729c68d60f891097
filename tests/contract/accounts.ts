// The contract of accounts, sessions and invitations, rules P24 - P29, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { UserId } from "#base/ids.ts";
import type { Account, Accounts, NewAccount, NewSession } from "#ports/accounts.ts";
import { hostileTexts, newAccount, newHash, newSession, newSessionId, newUser, nextTime } from "./made-up.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

export function accountsContract(name: string, open: OpenStore): void {
  describe(`accounts, ${name}`, () => {
    let store: StoreUnderTest;
    let accounts: Accounts;
    let other: Accounts;
    let owner: Account;
    beforeAll(async () => {
      store = await open();
      accounts = store.accounts;
      other = store.other.accounts;
      owner = await created({});
    });
    afterAll(() => store?.close());

    async function created(wish: Partial<NewAccount>): Promise<Account> {
      const answer = await accounts.create(newAccount(wish));
      if (!answer.ok) throw new Error(`refused: ${answer.refusal}`);
      return answer.value;
    }

    async function invite(uses: number, expiresAt: number): Promise<Uint8Array> {
      const tokenHash = newHash();
      const createdAt = nextTime();
      await accounts.invite({ tokenHash, createdBy: owner.user, createdAt, expiresAt, uses });
      return tokenHash;
    }

    test("[P24] an account is found by its handle in any case, with its hash, and by its id", async () => {
      const wish = newAccount();
      const account = await created(wish);
      const { user, handle, displayName, createdAt, passwordHash } = wish;
      expect(account).toMatchObject({ user, handle, displayName, createdAt });
      for (const asked of [handle, handle.toUpperCase()])
        expect(await other.byHandle(asked)).toEqual({ account, passwordHash });
      expect(await other.byHandle(`${handle}x`)).toBeNull();
      expect(await other.accounts([newUser(), user, user])).toEqual([null, account, account]);
    });

    test("[P24] a handle taken at once by many, in any case, is one account's", async () => {
      const handle = `Taken-${nextTime()}`;
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? accounts : other).create(
            newAccount({ handle: index % 3 ? handle.toUpperCase() : handle.toLowerCase() }),
          ),
        ),
      );
      const admitted = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
      expect(admitted.length).toBe(1);
      for (const answer of answers) if (!answer.ok) expect(answer.refusal).toBe("handle_taken");
      expect((await accounts.byHandle(handle))!.account).toEqual(admitted[0]!);
    });

    test("[P24] display names, devices and password hashes come back byte for byte", async () => {
      for (const text of hostileTexts) {
        const { user, handle } = await created({ displayName: text, passwordHash: text });
        expect(await other.byHandle(handle)).toMatchObject({
          account: { displayName: text },
          passwordHash: text,
        });
        expect(await accounts.rename(user, `${text}!`)).toMatchObject({ user, displayName: `${text}!` });
        await accounts.setPassword(user, `${text}?`);
        expect(await other.byHandle(handle)).toMatchObject({
          account: { displayName: `${text}!` },
          passwordHash: `${text}?`,
        });
        await accounts.openSession(newSession(user, { device: text }));
        expect(await other.sessions(user)).toMatchObject([{ device: text }]);
      }
      expect(await accounts.rename(newUser(), "nobody")).toBeNull();
      await accounts.setPassword(newUser(), "nobody's");
    });

    test("[P25] of many first accounts at once exactly one becomes owner, whether sign-up is open or not", async () => {
      for (const open of [true, false]) {
        const empty = await store.emptyInstallation();
        try {
          expect(await empty.accounts.anyAccount()).toBe(false);
          const answers = await Promise.all(
            Array.from({ length: 8 }, (_, index) =>
              (index % 2 ? empty.accounts : empty.other).create(newAccount({ open })),
            ),
          );
          const admitted = answers.flatMap((answer) => (answer.ok ? [answer.value] : []));
          expect(admitted.filter((account) => account.isOwner).length).toBe(1);
          expect(admitted.length).toBe(open ? 8 : 1);
          for (const answer of answers) if (!answer.ok) expect(answer.refusal).toBe("sign_up_closed");
          expect(await empty.other.anyAccount()).toBe(true);
        } finally {
          await empty.close();
        }
      }
    });

    test("[P25] a later account is no owner, and needs an invitation where sign-up is not open", async () => {
      expect((await created({})).isOwner).toBe(false);
      const closed = await accounts.create(newAccount({ open: false }));
      expect(closed).toEqual({ ok: false, refusal: "sign_up_closed" });
    });

    test("[P89] a bot is an account whose sessions say that it is one, listed for its maker, oldest first", async () => {
      const [maker, stranger] = [await created({}), await created({})];
      const wishes = [newAccount(), newAccount()];
      for (const wish of wishes) {
        const made = await accounts.createBot(wish, maker.user, 2);
        if (!made.ok) throw new Error(made.refusal);
        expect(made.value).toMatchObject({ user: wish.user, isBot: true, isOwner: false });
        expect((await other.byHandle(wish.handle))!.account).toEqual(made.value);
      }
      expect((await other.bots(maker.user)).map((bot) => bot.user)).toEqual(wishes.map((wish) => wish.user));
      expect(await other.bots(stranger.user)).toEqual([]);
      expect(maker.isBot).toBe(false);
      const session = newSession(wishes[0]!.user, { isBot: true });
      await accounts.openSession(session);
      expect(await other.authenticate([tokenOf(session)], session.createdAt)).toMatchObject([
        { isBot: true },
      ]);
    });

    test("[P89] of many bots made at once no more come to be than asked, and a refused one keeps no handle", async () => {
      const maker = await created({});
      const wishes = Array.from({ length: 8 }, () => newAccount());
      const answers = await Promise.all(
        wishes.map((wish, at) => (at % 2 ? accounts : other).createBot(wish, maker.user, 3)),
      );
      expect(answers.filter((answer) => answer.ok).length).toBe(3);
      const refusedAt = answers.findIndex((answer) => !answer.ok);
      expect(answers[refusedAt]).toEqual({ ok: false, refusal: "too_many" });
      expect((await accounts.bots(maker.user)).length).toBe(3);
      expect(await other.byHandle(wishes[refusedAt]!.handle)).toBeNull();
      const taken = await accounts.createBot(newAccount({ handle: maker.handle }), owner.user, 3);
      expect(taken).toEqual({ ok: false, refusal: "handle_taken" });
      expect(await accounts.bots(owner.user)).toEqual([]);
    });

    const tokenOf = ({ user, session, secretHash }: NewSession) => ({ user, session, secretHash });

    test("[P26] only the right secret of the right user's live session authenticates", async () => {
      const [mine, theirs] = [await created({}), await created({})];
      const session = newSession(mine.user);
      await accounts.openSession(session);
      const { secretHash, ...shown } = session;
      const token = tokenOf(session);
      const hashOffByOne = secretHash.map((byte, index) => (index === 31 ? byte ^ 1 : byte));
      const answers = await other.authenticate(
        [
          { ...token, secretHash: hashOffByOne },
          { ...token, secretHash: new Uint8Array(0) },
          { ...token, user: theirs.user },
          { ...token, session: newSessionId() },
          token,
        ],
        session.createdAt,
      );
      expect(answers).toEqual([null, null, null, null, shown]);
      expect(await other.sessions(mine.user)).toEqual([shown]);
      expect(await other.sessions(theirs.user)).toEqual([]);
      expect(await other.authenticate([token], session.expiresAt - 1)).toEqual([shown]);
      expect(await other.authenticate([token], session.expiresAt)).toEqual([null]);
    });

    test("[P26] touch moves a session's times forwards only, and brings no expired or revoked one back", async () => {
      const { user } = await created({});
      const [live, expired, revoked] = [newSession(user), newSession(user), newSession(user)];
      for (const session of [live, expired, revoked]) await accounts.openSession(session);
      await accounts.revoke(user, revoked.session);
      const touch = (session: NewSession, at: number, expiresAt: number) =>
        accounts.touch([{ user, session: session.session }], at, expiresAt);
      await touch(live, live.createdAt + 50, live.expiresAt + 50);
      await touch(live, live.createdAt + 20, live.expiresAt + 20);
      await touch(expired, expired.expiresAt, expired.expiresAt + 50);
      await touch(revoked, revoked.createdAt + 1, revoked.expiresAt + 50);
      await accounts.touch([], nextTime(), nextTime());
      const now = live.expiresAt + 10;
      const answers = await other.authenticate([live, expired, revoked].map(tokenOf), now);
      expect(answers).toEqual([
        expect.objectContaining({ lastSeenAt: live.createdAt + 50, expiresAt: live.expiresAt + 50 }),
        null,
        null,
      ]);
    });

    test("[P86] of many sessions at once it is told which still live", async () => {
      const [mine, theirs] = [await created({}), await created({})];
      const [live, revoked] = [newSession(mine.user), newSession(mine.user)];
      for (const session of [live, revoked]) await accounts.openSession(session);
      await accounts.revoke(mine.user, revoked.session);
      const unknown = { user: mine.user, session: newSessionId() };
      const foreign = { user: theirs.user, session: live.session };
      const asked = [live, revoked, unknown, foreign, live];
      expect(await other.stillOpen(asked, live.expiresAt - 1)).toEqual([true, false, false, false, true]);
      expect(await other.stillOpen([live], live.expiresAt)).toEqual([false]);
      expect(await other.stillOpen([], 1)).toEqual([]);
    });

    test("[P27] a revoked session is gone for the next authenticate; revoking others names them", async () => {
      const { user } = await created({});
      const [first, second, third, kept] = Array.from({ length: 4 }, () => newSession(user)) as NewSession[];
      for (const session of [first!, second!, third!, kept!]) await accounts.openSession(session);
      const bystander = newSession((await created({})).user);
      await accounts.openSession(bystander);
      const live = async () => {
        const asked = [first!, second!, third!, kept!, bystander];
        const answers = await other.authenticate(asked.map(tokenOf), nextTime());
        return answers.map((answer) => answer !== null);
      };
      expect(await accounts.revoke(user, first!.session)).toBe(true);
      expect(await live()).toEqual([false, true, true, true, true]);
      expect(await other.revoke(user, first!.session)).toBe(false);
      expect(await accounts.revoke(user, bystander.session)).toBe(false);
      const revoked = await accounts.revokeOthers(user, kept!.session);
      expect([...revoked].sort()).toEqual([second!.session, third!.session].sort());
      expect(await live()).toEqual([false, false, false, true, true]);
      expect(await accounts.revokeOthers(user, null)).toEqual([kept!.session]);
      expect(await live()).toEqual([false, false, false, false, true]);
    });

    test("[P27] a session revoked at once by many was revoked by one", async () => {
      const { user } = await created({});
      const session = newSession(user);
      await accounts.openSession(session);
      const answers = await Promise.all(
        Array.from({ length: 6 }, (_, index) => (index % 2 ? accounts : other).revoke(user, session.session)),
      );
      expect(answers.filter(Boolean).length).toBe(1);
    });

    test("[P28] an invitation used at once by many admits as many as it says", async () => {
      const invitationHash = await invite(3, nextTime() + 1_000_000);
      const answers = await Promise.all(
        Array.from({ length: 9 }, (_, index) =>
          (index % 2 ? accounts : other).create(newAccount({ open: false, invitationHash })),
        ),
      );
      expect(answers.filter((answer) => answer.ok).length).toBe(3);
      for (const answer of answers) if (!answer.ok) expect(answer.refusal).toBe("invitation_invalid");
    });

    test("[P28] an expired or unknown invitation admits none; a refused sign-up uses nothing", async () => {
      const expiresAt = nextTime() + 1000;
      const invitationHash = await invite(1, expiresAt);
      const signUp = (wish: Partial<NewAccount>) =>
        accounts.create(newAccount({ open: false, invitationHash, ...wish }));
      const invalid = { ok: false as const, refusal: "invitation_invalid" as const };
      expect(await signUp({ createdAt: expiresAt })).toEqual(invalid);
      expect(await signUp({ invitationHash: newHash() })).toEqual(invalid);
      const taken = await signUp({ handle: owner.handle });
      expect(taken).toEqual({ ok: false, refusal: "handle_taken" });
      expect((await signUp({ createdAt: expiresAt - 1 })).ok).toBe(true);
      expect(await signUp({ createdAt: expiresAt - 1 })).toEqual(invalid);
    });

    test("[P29] many tokens are answered at once, in the order asked, a wrong one hurting no other", async () => {
      const users: UserId[] = [];
      for (let count = 0; count < 12; count++) users.push((await created({})).user);
      const sessions = users.map((user) => newSession(user));
      await Promise.all(sessions.map((session) => accounts.openSession(session)));
      const asked = Array.from({ length: 200 }, (_, index) => sessions[(index * 7) % sessions.length]!);
      const tokens = asked.map((session, index) =>
        index % 5 === 0 ? { ...tokenOf(session), secretHash: newHash() } : tokenOf(session),
      );
      const answers = await other.authenticate(tokens, nextTime());
      expect(answers.map((answer) => answer?.session ?? null)).toEqual(
        asked.map((session, index) => (index % 5 === 0 ? null : session.session)),
      );
      expect(await other.authenticate([], nextTime())).toEqual([]);
    });

    test("[P29] search finds words in handles and names, by handle, each character as itself", async () => {
      const mark = `q${nextTime()}`;
      await created({ handle: `b-${mark}`, displayName: "Bo 100%" });
      await created({ handle: `c-${mark}`, displayName: "Cy_Li" });
      await created({ handle: `a-${nextTime()}`, displayName: `Ann ${mark.toUpperCase()} \\o/` });
      const found = async (words: string, count = 10) =>
        (await other.search(words, count)).map((account) => account.handle[0]);
      expect(await found(mark)).toEqual(["a", "b", "c"]);
      expect(await found(mark.toUpperCase(), 2)).toEqual(["a", "b"]);
      expect(await found(`%${mark}`)).toEqual([]);
      expect(await found(`_${mark}`)).toEqual([]);
      expect(await found(`${mark.toUpperCase()} \\O`)).toEqual(["a"]);
    });

    test("[P29] whose handle it is comes before all others that contain it", async () => {
      const handle = `m${nextTime()}`;
      await created({ handle: `${handle}-2`, displayName: "Somebody" });
      await created({ handle, displayName: "Somebody" });
      await created({ handle: `a-${handle}`, displayName: "Somebody" });
      const found = await other.search(handle.toUpperCase(), 2);
      expect(found.map((account) => account.handle)).toEqual([handle, `a-${handle}`]);
    });

    test("[P29] one or two letters are searched for where words begin", async () => {
      await created({ handle: `wqa.${nextTime()}`, displayName: "Somebody" });
      await created({ handle: `b_wqb-${nextTime()}`, displayName: "Somebody" });
      await created({ handle: `c${nextTime()}`, displayName: "Some Wqdy" });
      await created({ handle: `d${nextTime()}zwqx`, displayName: "Somezwqdy" });
      const found = async (words: string) => (await other.search(words, 10)).map(({ handle }) => handle[0]);
      expect(await found("wq")).toEqual(["b", "c", "w"]);
      expect(await found("zw")).toEqual([]);
      expect(await found("zwq")).toEqual(["d"]);
      expect(await found("_")).toContain("b");
    });
  });
}
