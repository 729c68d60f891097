// The contract of the inbox, rules P16 - P19, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { UserId } from "#base/ids.ts";
import type { Inbox, MembershipRow } from "#ports/inbox.ts";
import { newConversationId, newUser, newUsers, no, rev, seed, seq } from "./made-up.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

export function inboxContract(name: string, open: OpenStore): void {
  describe(`the inbox, ${name}`, () => {
    let store: StoreUnderTest;
    let inbox: Inbox;
    let other: Inbox;
    beforeAll(async () => {
      store = await open();
      inbox = store.inbox;
      other = store.other.inbox;
    });
    afterAll(() => store?.close());

    function row(user: UserId, wish: Partial<MembershipRow> = {}): MembershipRow {
      const conversation = newConversationId();
      return { user, conversation, member: no(1), rev: rev(1), active: true, joinedSeq: seq(0), ...wish };
    }

    test("[P16] rows in any order, doubled, in one list or many, at once: the newest by rev holds", async () => {
      const versions = fc.array(
        fc.record({ rev: fc.integer({ min: 1, max: 6 }), who: fc.nat(2), list: fc.nat(3) }),
        { minLength: 1, maxLength: 16 },
      );
      const property = fc.asyncProperty(versions, async (wanted) => {
        const users = newUsers(3);
        const conversation = newConversationId();
        const rows = wanted.map((version) => ({
          list: version.list,
          row: row(users[version.who]!, {
            conversation,
            member: no(version.who + 1),
            rev: rev(version.rev),
            active: version.rev % 3 !== 0,
            joinedSeq: seq(0),
          }),
        }));
        const lists = [0, 1, 2, 3].map((list) => rows.filter((each) => each.list === list));
        const written = await Promise.all(
          lists.map((list, index) => (index % 2 ? inbox : other).apply(list.map((each) => each.row))),
        );
        const writtenRevs = written.map((some) => some.map((each) => `${each.member} ${each.rev}`));
        expect(new Set(writtenRevs.flat()).size).toBe(writtenRevs.flat().length);
        for (const [who, user] of users.entries()) {
          const revs = wanted.filter((version) => version.who === who).map((version) => version.rev);
          const active = revs.length > 0 && Math.max(...revs) % 3 !== 0;
          if (revs.length > 0) expect(writtenRevs.flat()).toContain(`${who + 1} ${Math.max(...revs)}`);
          const entry = { user, conversation, member: no(who + 1), readSeq: seq(0) };
          expect(await inbox.list([user])).toEqual([active ? [entry] : []]);
        }
      });
      await fc.assert(property, { seed, numRuns: 20 });
    });

    test("[P16] apply answers with the newest of each membership, where that was newer than what stood", async () => {
      const [one, two] = [row(newUser()), row(newUser())];
      const later = { ...one, rev: rev(3), active: false };
      expect(await inbox.apply([one, later, { ...one, rev: rev(2) }, two, two])).toEqual([later, two]);
      expect(await other.apply([one, two, later])).toEqual([]);
    });

    test("[P16] an empty list of rows, or of cursors, is no failure", async () => {
      expect(await inbox.apply([])).toEqual([]);
      await inbox.readUpTo([]);
      expect(await inbox.list([])).toEqual([]);
      expect(await inbox.cursors(newConversationId(), [])).toEqual([]);
    });

    test("[P17] a cursor only grows, to the highest asked for, whoever asks at once and how often", async () => {
      const property = fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 5 }), { maxLength: 6 }),
        async (lists) => {
          const user = newUser();
          const joined = row(user, { joinedSeq: seq(5) });
          const { conversation } = joined;
          await inbox.apply([joined]);
          await Promise.all(
            lists.map((list, index) =>
              (index % 2 ? inbox : other).readUpTo(
                list.map((value) => ({ user, conversation, seq: seq(value) })),
              ),
            ),
          );
          const highest = seq(Math.max(5, ...lists.flat()));
          expect(await other.cursors(conversation, [user])).toEqual([{ user, conversation, seq: highest }]);
          await inbox.readUpTo([{ user, conversation, seq: seq(3) }]);
          expect((await inbox.list([user]))[0]![0]!.readSeq).toBe(highest);
        },
      );
      await fc.assert(property, { seed, numRuns: 15 });
    });

    test("[P17] a cursor for a membership that is not there does nothing, and hurts no other", async () => {
      const [user, stranger] = newUsers(2) as [UserId, UserId];
      const joined = row(user);
      const { conversation } = joined;
      await inbox.apply([joined]);
      await inbox.readUpTo([
        { user: stranger, conversation, seq: seq(4) },
        { user, conversation: newConversationId(), seq: seq(4) },
        { user, conversation, seq: seq(4) },
      ]);
      expect(await inbox.list([stranger, user])).toEqual([
        [],
        [{ user, conversation, member: no(1), readSeq: seq(4) }],
      ]);
    });

    test("[P18] the conversations of each user, in the order asked and of ids, without those left", async () => {
      const [one, two, nobody] = newUsers(3) as [UserId, UserId, UserId];
      const rows = Array.from({ length: 12 }, (_, index) => row(index % 3 ? one : two));
      await inbox.apply(rows.toReversed());
      await inbox.apply([{ ...rows[1]!, rev: rev(2), active: false }]);
      const ofOne = rows.filter((each) => each.user === one && each !== rows[1]);
      const ids = ofOne.map((each) => each.conversation).sort();
      const lists = await other.list([nobody, one, two, one]);
      expect(lists.map((list) => list.length)).toEqual([0, 7, 4, 7]);
      expect(lists[1]!.map((entry) => entry.conversation)).toEqual(ids);
      expect(lists[3]).toEqual(lists[1]!);
      const { conversation } = rows[1]!;
      expect(await other.cursors(conversation, [one, nobody])).toEqual([]);
    });

    test("[P19] a membership starts read up to joinedSeq; who returns keeps a cursor that is further", async () => {
      const user = newUser();
      const joined = row(user, { joinedSeq: seq(7) });
      const { conversation } = joined;
      const readSeq = async () => (await other.list([user]))[0]!.map((entry) => entry.readSeq as number);
      await inbox.apply([joined]);
      expect(await readSeq()).toEqual([7]);
      await inbox.apply([{ ...joined, rev: rev(2), active: false }]);
      await inbox.apply([{ ...joined, rev: rev(3), joinedSeq: seq(20) }]);
      expect(await readSeq()).toEqual([20]);
      await inbox.readUpTo([{ user, conversation, seq: seq(30) }]);
      await inbox.apply([{ ...joined, rev: rev(4), joinedSeq: seq(20) }]);
      expect(await readSeq()).toEqual([30]);
    });

    test("[P19] another role of an active member leaves the cursor where it is", async () => {
      const joined = row(newUser(), { joinedSeq: seq(7) });
      await inbox.apply([joined]);
      await inbox.apply([{ ...joined, rev: rev(2), joinedSeq: seq(50) }]);
      expect(await other.list([joined.user])).toMatchObject([[{ readSeq: 7 }]]);
    });
  });
}
