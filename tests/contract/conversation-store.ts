// The contract of the conversation store, rules P10 - P15, for every adapter of the port.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId } from "#base/ids.ts";
import type { Role } from "#core/conversations/conversation.ts";
import type { ConversationStore, NewConversation } from "#ports/conversation-store.ts";
import { membersContract } from "./conversation-members.ts";
import {
  hostileTexts,
  newConversationId,
  newMessage,
  newUser,
  newUsers,
  nextTime,
  openConversation,
  seed,
} from "./made-up.ts";
import type { OpenStore, StoreUnderTest } from "./store-under-test.ts";

export function conversationStoreContract(name: string, open: OpenStore): void {
  describe(`the conversation store, ${name}`, () => {
    let store: StoreUnderTest;
    let conversations: ConversationStore;
    let other: ConversationStore;
    beforeAll(async () => {
      store = await open();
      conversations = store.conversationStore;
      other = store.other.conversationStore;
    });
    afterAll(() => store?.close());

    const head = async (id: ConversationId) => (await other.conversations([id]))[0]!;

    function wanted(wish: Partial<NewConversation> = {}): NewConversation {
      const [first, second] = newUsers(2) as [ReturnType<typeof newUser>, ReturnType<typeof newUser>];
      return {
        id: newConversationId(),
        kind: "group",
        title: "Gardeners",
        homeRegion: "home",
        createdAt: nextTime(),
        members: [
          { user: first, role: "owner" },
          { user: second, role: "member" },
        ],
        ...wish,
      };
    }

    test("[P10] what was created is what another process reads", async () => {
      const wish = wanted();
      const { created, conversation, members } = await conversations.create(wish);
      const { members: people, ...fields } = wish;
      expect(created).toBe(true);
      expect(conversation).toMatchObject({ ...fields, lastSeq: 0, memberCount: 2 });
      expect(await other.conversations([newConversationId(), wish.id, wish.id])).toEqual([
        null,
        conversation,
        conversation,
      ]);
      expect(await other.members(wish.id, 0, 10, false)).toEqual([...members]);
      expect(members).toMatchObject(
        people.map((person, index) => ({ ...person, member: index + 1, active: true })),
      );
      const stranger = { conversation: wish.id, user: newUser() };
      const pairs = people.map(({ user }) => ({ conversation: wish.id, user }));
      expect(await other.memberships([pairs[1]!, stranger, pairs[0]!, pairs[1]!])).toEqual([
        members[1]!,
        null,
        members[0]!,
        members[1]!,
      ]);
    });

    test("[P10] created at once by many, a direct conversation is one; later ones get what was stored", async () => {
      const users = newUsers(2).map((user) => ({ user, role: "member" as const }));
      const id = newConversationId();
      const answers = await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          (index % 2 ? conversations : other).create(
            wanted({
              id,
              kind: "direct",
              title: "",
              members: index % 3 ? users : users.toReversed(),
            }),
          ),
        ),
      );
      expect(answers.filter((answer) => answer.created).length).toBe(1);
      const stored = answers.find((answer) => answer.created)!;
      for (const answer of answers) expect({ ...answer, created: true }).toEqual(stored);
      const later = await other.create(wanted({ id, title: "Another" }));
      expect(later).toEqual({ ...stored, created: false });
    });

    test("[P10] hostile titles come back byte for byte", async () => {
      for (const title of hostileTexts) {
        const { id } = (await conversations.create(wanted({ title }))).conversation;
        expect((await head(id)).title).toBe(title);
        await conversations.rename(id, `${title}!`);
        expect((await head(id)).title).toBe(`${title}!`);
      }
    });

    const users = newUsers(5);
    const doing = fc.oneof(
      fc.record({ does: fc.constant("add" as const), some: fc.subarray(users, { minLength: 1 }) }),
      fc.record({ does: fc.constant("take out" as const), user: fc.constantFrom(...users) }),
      fc.record({
        does: fc.constant("role" as const),
        user: fc.constantFrom(...users),
        role: fc.constantFrom<Role>("owner", "admin", "member"),
      }),
      fc.record({ does: fc.constant("rename" as const), title: fc.constantFrom("A", "B") }),
      fc.record({ does: fc.constant("send" as const), count: fc.integer({ min: 1, max: 3 }) }),
    );
    type Doing = typeof doing extends fc.Arbitrary<infer T> ? T : never;

    /** The revs that it took. */
    async function act(through: StoreUnderTest["other"], id: ConversationId, what: Doing): Promise<number[]> {
      const { conversationStore, messageLog } = through;
      if (what.does === "send") {
        const sends = Array.from({ length: what.count }, () => newMessage(id));
        const told = await messageLog.append(messageLog.laneOf(id), sends);
        return told.map((each) => (each === "unknown_conversation" ? -1 : each.rev));
      }
      const answer =
        what.does === "add"
          ? await conversationStore.addMembers(id, what.some, "member", 100)
          : what.does === "rename"
            ? await conversationStore.rename(id, what.title)
            : what.does === "role"
              ? await conversationStore.setMember(id, what.user, { role: what.role })
              : await conversationStore.setMember(id, what.user, { active: false });
      if (!answer.ok || !answer.value) return [];
      return [answer.value].flat().map((change) => change.rev);
    }

    test("[P11] [P15] racing changes: every rev once, no hole, an owner left, members counted", async () => {
      const property = fc.asyncProperty(fc.array(doing, { maxLength: 14 }), async (doings) => {
        const { id, rev: before } = await openConversation(store, users.slice(0, 3));
        const told = await Promise.all(
          doings.map((what, index) => act(index % 2 ? store : store.other, id, what)),
        );
        const revs = told.flat().sort((a, b) => a - b);
        expect(revs).toEqual(revs.map((_, index) => before + index + 1));
        const members = await other.members(id, 0, 100, true);
        const active = members.filter((member) => member.active);
        expect(await head(id)).toMatchObject({ rev: before + revs.length, memberCount: active.length });
        expect(members.map((member) => member.member as number)).toEqual(
          members.map((_, index) => index + 1),
        );
        if (active.length > 0) expect(active.map((member) => member.role)).toContain("owner");
      });
      await fc.assert(property, { seed, numRuns: 25 });
    });

    membersContract(() => store);

    test("channels are found by words of their title, newest first, each character as itself", async () => {
      const word = `Zürich ${nextTime()}`;
      const titles = [`${word} 100%`, `about ${word.toUpperCase()}`, `${word} 100_`];
      for (const title of titles) await conversations.create(wanted({ title, kind: "channel" }));
      await conversations.create(wanted({ title: word, kind: "group" }));
      const found = async (words: string, count: number) =>
        (await other.channels(words, count)).map((channel) => channel.title);
      expect(await found(word, 10)).toEqual(titles.toReversed());
      expect(await found(word, 2)).toEqual(titles.toReversed().slice(0, 2));
      expect(await found(`${word} 100%`, 10)).toEqual([titles[0]!]);
      expect(await found(`${word}_`, 10)).toEqual([]);
      expect(await found(`${word}\\`, 10)).toEqual([]);
    });
  });
}
