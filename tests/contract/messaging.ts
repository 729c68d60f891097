// The contract of the command bus, rules P34 - P37, for the messaging service on every store.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId, MessageName, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Refusal } from "#core/refusal.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Messaging, Receipt } from "#ports/messaging.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { allMessages, newConversationId, newName, nextTime, no, rev, seed, seq } from "./made-up.ts";
import { afterTurns, type OpenMessaging, openMessaging as openService, signUp } from "./messaging-service.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

/** `openMessaging`: the service itself, or what stands for it in another process. */
export function messagingContract(
  name: string,
  open: OpenStore,
  openMessaging: OpenMessaging = openService,
): void {
  describe(`messaging, ${name}`, () => {
    let store: StoreUnderTest;
    let owner: UserId;
    let friend: UserId;
    let stranger: UserId;
    beforeAll(async () => {
      store = await open();
      [owner, friend, stranger] = (await signUp(store, 3)) as [UserId, UserId, UserId];
    });
    afterAll(() => store?.close());

    const refused = (reason: Refusal["reason"]) => ({
      ok: false as const,
      refusal: expect.objectContaining({ reason }),
    });

    /** A group of owner and friend, made by a service that is not used again: the next one knows nothing yet. */
    async function newGroup(): Promise<ConversationId> {
      const made = await openMessaging(store).messaging.create(owner, "group", "A group", [friend]);
      return granted(made).id;
    }

    function send(messaging: Messaging, user: UserId, conversation: ConversationId, wish: Wish = {}) {
      const text = `message of ${nextTime()}`;
      return messaging.send({ user, conversation, name: newName(), text, again: false, ...wish });
    }
    type Wish = Partial<Parameters<Messaging["send"]>[0]>;

    test("[P34] each send is answered with what was committed, and announced once in the order of revs", async () => {
      const [first, second] = [await newGroup(), await newGroup()];
      const { messaging, follow } = openMessaging(store);
      const announced = [follow(first), follow(second)];
      const names = Array.from({ length: 30 }, newName);
      const told = await Promise.all(
        Array.from({ length: 60 }, async (_, index) => {
          const [user, conversation] = [index % 2 ? owner : friend, index % 3 ? first : second];
          const wish = { name: names[(index * 7) % 30]! };
          const receipt = granted(await send(messaging, user, conversation, wish));
          return { key: `${conversation} ${user} ${wish.name}`, conversation, receipt };
        }),
      );
      for (const same of Map.groupBy(told, ({ key }) => key).values())
        for (const { receipt } of same) expect(receipt).toEqual(same[0]!.receipt);
      for (const [index, conversation] of [first, second].entries()) {
        const receipts = told.filter((each) => each.conversation === conversation);
        const messages = await allMessages(store.messageLog, conversation, no(1));
        expect(new Set(receipts.map(({ receipt }) => receipt.seq as number))).toEqual(
          new Set(messages.map((message) => message.seq as number)),
        );
        for (const { receipt } of receipts)
          expect(messages[receipt.seq - 1]).toMatchObject({ rev: receipt.rev, at: receipt.at });
        expect(announced[index]!.map((change) => change.rev)).toEqual(messages.map((each) => each.rev));
      }
    });

    test("[P34] after failures before and after the commit, the same name again is stored once", async () => {
      const conversation = await newGroup();
      const { append } = failingBy(store.messageLog, ["after", "before", "none", "after", "after", "none"]);
      const { messaging } = openMessaging(store, { log: { append } });
      const names = Array.from({ length: 25 }, newName);
      let failures = 0;
      await Promise.all(
        names.map(async (name) => {
          for (let again = false; ; again = true) {
            const answer = await send(messaging, owner, conversation, { name, again, text: name });
            if (answer.ok) return;
            failures++;
            expect(answer).toEqual(refused("unavailable"));
            expect(answer.refusal.retryAfterMs).toBeGreaterThan(0);
          }
        }),
      );
      expect(failures).toBeGreaterThan(0);
      const stored = (await allMessages(store.messageLog, conversation, no(1))).map((each) => each.name);
      expect(stored.toSorted()).toEqual(names.toSorted());
    });

    test("[P34] edits, deletions and reactions are answered with their rev, which is announced", async () => {
      const conversation = await newGroup();
      const { messaging, follow } = openMessaging(store);
      const announced = follow(conversation);
      for (let count = 0; count < 2; count++) granted(await send(messaging, owner, conversation));
      const receipts = [
        await messaging.edit(owner, conversation, seq(1), "edited"),
        await messaging.react(friend, conversation, seq(1), "🌳", true),
        await messaging.remove(owner, conversation, seq(2)),
      ].map(granted);
      const revs = announced.map((change) => change.rev as number);
      expect(receipts.map((receipt) => receipt.rev as number)).toEqual(revs.slice(2));
      const same = granted(await messaging.react(friend, conversation, seq(1), "🌳", true));
      expect(same.rev as number).toBe(0);
      expect(await messaging.edit(friend, conversation, seq(1), "no")).toEqual(refused("not_allowed"));
      expect(await messaging.edit(owner, conversation, seq(2), "no")).toEqual(refused("message_deleted"));
      expect(await messaging.edit(owner, conversation, seq(3), "no")).toEqual(refused("unknown_message"));
      expect(announced.length).toBe(revs.length);
    });

    test("[P34] a drain answers what was given, stores it, and refuses what comes after", async () => {
      const conversation = await newGroup();
      const { messaging, drain, afterDrain, answersAreHere } = openMessaging(store);
      granted(await send(messaging, owner, conversation));
      const given = Array.from({ length: 20 }, () => send(messaging, owner, conversation));
      await answersAreHere();
      const drained = drain();
      expect(await send(messaging, owner, conversation)).toEqual(refused(afterDrain));
      await drained;
      for (const answer of await Promise.all(given)) expect(answer.ok).toBe(true);
      expect((await allMessages(store.messageLog, conversation, no(1))).length).toBe(21);
      const [inbox] = await store.inbox.list([owner]);
      const entry = inbox!.find((each) => each.conversation === conversation);
      expect(entry!.readSeq as number).toBe(21);
    });

    /** Every command and read that names a conversation. */
    function everything(messaging: Messaging, user: UserId, id: ConversationId) {
      return {
        send: () => send(messaging, user, id),
        edit: () => messaging.edit(user, id, seq(1), "edited"),
        remove: () => messaging.remove(user, id, seq(1)),
        react: () => messaging.react(user, id, seq(1), "🌳", true),
        since: () => messaging.since(user, id, rev(0), seq(0), 100),
        page: () => messaging.page(user, id, "head", 10),
        read: () => messaging.read(user, id, seq(1)),
        typing: () => messaging.typing(user, id),
        conversation: () => messaging.conversation(user, id),
        opened: () => messaging.opened(user, id),
        rename: () => messaging.rename(user, id, "Mine now"),
        addMembers: () => messaging.addMembers(user, id, [stranger]),
        removeMember: () => messaging.removeMember(user, id, friend),
        setRole: () => messaging.setRole(user, id, user, "owner"),
        join: () => messaging.join(user, id),
        leave: () => messaging.leave(user, id),
        members: () => messaging.members(user, id, 0, 10),
        membersByNumber: () => messaging.membersByNumber(user, id, [no(1)]),
      } satisfies Partial<Record<keyof Messaging, () => Promise<Result<unknown, Refusal>>>>;
    }

    test("[P88] a cursor that was told is among the waiting ones of its user, the newest of each conversation", async () => {
      const [first, second] = [await newGroup(), await newGroup()];
      const { messaging, drain } = openMessaging(store);
      for (const conversation of [first, second])
        for (let i = 0; i < 3; i++) granted(await send(messaging, owner, conversation));
      for (const upTo of [1, 3, 2]) granted(await messaging.read(friend, first, seq(upTo)));
      granted(await messaging.read(friend, second, seq(2)));
      const waiting = await messaging.waitingCursors([friend, stranger]);
      expect(new Map(waiting.map((cursor) => [cursor.conversation, cursor]))).toEqual(
        new Map([
          [first, { user: friend, conversation: first, seq: seq(3) }],
          [second, { user: friend, conversation: second, seq: seq(2) }],
        ]),
      );
      expect(await messaging.waitingCursors([stranger])).toEqual([]);
      await drain();
      const [stored] = await store.inbox.cursors(first, [friend]);
      expect(stored?.seq ?? 0).toBe(seq(3));
    });

    test("[P35] to who is not a member, or no longer, a group is as one that does not exist", async () => {
      const conversation = await newGroup();
      const { messaging, follow } = openMessaging(store);
      granted(await send(messaging, owner, conversation));
      granted(await messaging.page(friend, conversation, "head", 10));
      granted(await messaging.removeMember(owner, conversation, friend));
      const before = await store.conversationStore.conversations([conversation]);
      const announced = follow(conversation);
      for (const user of [stranger, friend]) {
        const nowhere = everything(messaging, user, newConversationId());
        for (const [command, give] of Object.entries(everything(messaging, user, conversation))) {
          const answer = await give();
          expect({ command, answer }).toEqual({ command, answer: refused("unknown_conversation") });
          expect(answer).toEqual(await nowhere[command as keyof typeof nowhere]());
        }
      }
      expect(await store.conversationStore.conversations([conversation])).toEqual(before);
      expect(announced).toEqual([]);
    });

    test("[P35] a plain member may not do what owners do; nobody leaves or widens a direct conversation", async () => {
      const { messaging } = openMessaging(store);
      const group = await newGroup();
      const owns = everything(messaging, friend, group);
      for (const give of [owns.rename, owns.addMembers, owns.setRole])
        expect(await give()).toEqual(refused("not_allowed"));
      expect(await messaging.removeMember(friend, group, owner)).toEqual(refused("not_allowed"));
      const direct = granted(await messaging.create(owner, "direct", "", [friend])).id;
      const inDirect = everything(messaging, friend, direct);
      for (const give of [inDirect.rename, inDirect.addMembers, inDirect.setRole, inDirect.leave])
        expect(await give()).toEqual(refused("not_allowed"));
      expect(await messaging.join(stranger, direct)).toEqual(refused("unknown_conversation"));
      expect(await messaging.join(stranger, group)).toEqual(refused("unknown_conversation"));
    });

    test("[P35] a channel lets anyone in by join, and only then", async () => {
      const { messaging } = openMessaging(store);
      const channel = granted(await messaging.create(owner, "channel", "A channel", [])).id;
      expect(await send(messaging, stranger, channel)).toEqual(refused("unknown_conversation"));
      expect(granted(await messaging.join(stranger, channel))).toMatchObject({
        role: "member",
        active: true,
      });
      granted(await send(messaging, stranger, channel));
      granted(await messaging.leave(stranger, channel));
      expect(await send(messaging, stranger, channel)).toEqual(refused("unknown_conversation"));
    });

    const step = fc.record({
      does: fc.constantFrom("send", "send", "edit", "react"),
      /** Turns of the event loop until the next command is given. */
      pause: fc.integer({ min: 0, max: 3 }),
    });

    test("[P36] one caller's commands take effect in the order given, also while facts are being read", async () => {
      const property = fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const conversation = await newGroup();
        granted(await send(openMessaging(store).messaging, owner, conversation));
        const { messaging } = openMessaging(store, { limits: { groupMax: 3 }, readTurns: 3 });
        const given: Promise<Result<Receipt, Refusal>>[] = [];
        for (const [index, { does, pause }] of steps.entries()) {
          if (does === "send") given.push(send(messaging, owner, conversation));
          else if (does === "edit")
            given.push(messaging.edit(owner, conversation, seq(1), `edited ${index}`));
          else given.push(messaging.react(owner, conversation, seq(1), "🌳", index % 2 === 0));
          await afterTurns(null, pause);
        }
        const revs = (await Promise.all(given)).map((answer) => granted(answer).rev as number);
        const taken = revs.filter((each) => each > 0);
        expect(taken).toEqual(taken.toSorted((a, b) => a - b));
      });
      await fc.assert(property, { seed, numRuns: 40 });
    });

    test("[P37] a lane whose first has waited too long is full, too, and takes more once it moves again", async () => {
      const conversation = await newGroup();
      const gate = Promise.withResolvers<void>();
      const append: MessageLog["append"] = async (lane, sends) => {
        await gate.promise;
        return store.messageLog.append(lane, sends);
      };
      const limits = { laneQueueMax: 1_000, groupMax: 2, laneWaitMsMax: 20 };
      const { messaging, answersAreHere } = openMessaging(store, { limits, log: { append } });
      granted(await messaging.conversation(owner, conversation));
      const given = Array.from({ length: 60 }, () =>
        send(messaging, owner, conversation, { name: newName() }),
      );
      const answered = await Promise.all(given.map((each) => answeredAlready(each, answersAreHere)));
      const full = answered.filter((answer) => answer !== null);
      expect(full.length).toBeGreaterThan(0);
      expect(full.length).toBeLessThan(given.length - 5);
      for (const answer of full) expect(answer).toEqual(refused("overloaded"));
      gate.resolve();
      const accepted = (await Promise.all(given)).filter(({ ok }) => ok).length;
      expect(accepted).toBe(given.length - full.length);
      granted(await send(messaging, owner, conversation, { name: newName() }));
    });

    test("[P37] a full lane answers overloaded at once, with a hint, and stores nothing of it", async () => {
      const conversation = await newGroup();
      const gate = Promise.withResolvers<void>();
      let isWriting = false;
      const append: MessageLog["append"] = async (lane, sends) => {
        isWriting = true;
        await gate.promise;
        return store.messageLog.append(lane, sends);
      };
      const limits = { laneQueueMax: 4, groupMax: 2 };
      const { messaging, answersAreHere } = openMessaging(store, { limits, log: { append } });
      granted(await messaging.conversation(owner, conversation));
      const names = Array.from({ length: 12 }, newName);
      const given = names.map((name) => send(messaging, owner, conversation, { name }));
      const answered = await Promise.all(given.map((each) => answeredAlready(each, answersAreHere)));
      expect(isWriting).toBe(true);
      const full = answered.filter((answer) => answer !== null);
      expect(full.length).toBeGreaterThan(0);
      for (const answer of full) {
        expect(answer).toEqual(refused("overloaded"));
        expect(!answer.ok && answer.refusal.retryAfterMs).toBe(250);
      }
      expect(await messaging.edit(owner, conversation, seq(1), "x")).toEqual(refused("overloaded"));
      expect(await messaging.rename(owner, conversation, "x")).toEqual(refused("overloaded"));
      gate.resolve();
      const all = await Promise.all(given);
      const accepted: MessageName[] = names.filter((_, index) => all[index]!.ok);
      expect(accepted.length).toBe(names.length - full.length);
      const stored = (await allMessages(store.messageLog, conversation, no(1))).map((each) => each.name);
      expect(stored).toEqual(accepted);
    });
  });
}

function granted<T>(answer: Result<T, Refusal>): T {
  if (!answer.ok) throw new Error(`refused: ${answer.refusal.reason} ${answer.refusal.detail ?? ""}`);
  return answer.value;
}

/** The answer, where it comes without anything else having to happen; else null. */
function answeredAlready<T>(answer: Promise<T>, answersAreHere: () => Promise<void>): Promise<T | null> {
  return Promise.race([answer, answersAreHere().then(() => null)]);
}

/** `append` fails as told, over and over, around a commit that is done or not. */
function failingBy(
  log: MessageLog,
  faults: readonly ("none" | "before" | "after")[],
): Pick<MessageLog, "append"> {
  let calls = 0;
  return {
    async append(lane, sends) {
      const fault = faults[calls++ % faults.length];
      if (fault === "before") throw new StoreUnavailable("broken before the commit");
      const answers = await log.append(lane, sends);
      if (fault === "after") throw new StoreUnavailable("broken after the commit");
      return answers;
    },
  };
}
