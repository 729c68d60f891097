// The contract of the event bus, rules P30 - P33, for every adapter of the port.

import { afterEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { ConversationId, Rev, Seq, UserId } from "#base/ids.ts";
import type { BusListener, EncodedChanges, EventBus } from "#ports/event-bus.ts";
import { newConversationId, newName, newSessionId, newUser, no, rev, seed, seq } from "./made-up.ts";

export interface BusUnderTest {
  /** What one process publishes to, and another listens on; the same where there is one process only. */
  readonly publisher: EventBus;
  readonly follower: EventBus;
  /** Fulfils when every event published so far has been told, and what was followed has taken effect. */
  settled(): Promise<void>;
  close(): Promise<void>;
}

type Told = { conversation: ConversationId; rev: number } | { user: UserId; kind: string };

export function eventBusContract(name: string, open: () => Promise<BusUnderTest>): void {
  describe(`the event bus, ${name}`, () => {
    const opened: BusUnderTest[] = [];
    afterEach(async () => {
      for (const bus of opened.splice(0)) await bus.close();
    });

    async function openBus(): Promise<BusUnderTest> {
      const bus = await open();
      opened.push(bus);
      return bus;
    }

    function listenTo(bus: EventBus): { told: Told[]; end: () => void } {
      const told: Told[] = [];
      const end = bus.listen({
        changes: ({ conversation, rev }) => told.push({ conversation, rev }),
        head: ({ conversation, rev }) => told.push({ conversation, rev }),
        state: (event) => told.push({ user: event.user, kind: event.kind }),
        user: (event) => told.push({ user: event.user, kind: event.kind }),
        interrupted: () => {},
      });
      return { told, end };
    }

    const left = (user: UserId) => ({ kind: "left", user, conversation: newConversationId() }) as const;
    const typing = (conversation: ConversationId, user = newUser()) =>
      ({ kind: "typing", conversation, member: no(1), user }) as const;

    test("[P30] what is followed is told once, in order, until it is no longer followed", async () => {
      const steps = fc.array(
        fc.record({ does: fc.constantFrom("follow", "unfollow", "publish", "publish"), room: fc.nat(2) }),
        { maxLength: 30 },
      );
      const property = fc.asyncProperty(steps, async (wanted) => {
        const { publisher, follower, settled } = await openBus();
        const { told } = listenTo(follower);
        const rooms = [0, 1, 2].map(() => newConversationId());
        const followed = new Set<ConversationId>();
        const expected: Told[] = [];
        for (const [index, { does, room }] of wanted.entries()) {
          const conversation = rooms[room]!;
          if (does === "publish") {
            publisher.publishChanges(changesOf(conversation, index + 1));
            if (followed.has(conversation)) expected.push({ conversation, rev: index + 1 });
          } else {
            await settled();
            if (does === "follow") follower.followConversation(conversation);
            else follower.unfollowConversation(conversation);
            if (does === "follow") followed.add(conversation);
            else followed.delete(conversation);
            await settled();
          }
        }
        await settled();
        expect(told).toEqual(expected);
      });
      await fc.assert(property, { seed, numRuns: 20 });
    });

    test("[P30] events of a user and states of a conversation come to who follows them", async () => {
      const { publisher, follower, settled } = await openBus();
      const { told } = listenTo(follower);
      const [user, conversation, typist] = [newUser(), newConversationId(), newUser()];
      follower.followUser(user);
      follower.followConversation(conversation);
      await settled();
      publisher.publishUser(left(user));
      publisher.publishUser({ kind: "revoked", user, session: newSessionId() });
      await settled();
      publisher.publishState(typing(conversation, typist));
      await settled();
      follower.unfollowUser(user);
      await settled();
      publisher.publishUser(left(user));
      await settled();
      expect(told).toEqual([
        { user, kind: "left" },
        { user, kind: "revoked" },
        { user: typist, kind: "typing" },
      ]);
    });

    test("[P87] a user whom several parts of a process follow is followed until the last of them has ended", async () => {
      const { publisher, follower, settled } = await openBus();
      const { told } = listenTo(follower);
      const user = newUser();
      const tellsOne = async () => {
        await settled();
        const before = told.length;
        publisher.publishUser(left(user));
        await settled();
        return told.length - before;
      };
      follower.followUser(user);
      follower.followUser(user);
      expect(await tellsOne()).toBe(1);
      follower.unfollowUser(user);
      expect(await tellsOne()).toBe(1);
      follower.unfollowUser(user);
      expect(await tellsOne()).toBe(0);
      follower.followUser(user);
      expect(await tellsOne()).toBe(1);
    });

    test("[P30] who has ended listening is told nothing more, the others are", async () => {
      const { publisher, follower, settled } = await openBus();
      const [first, second] = [listenTo(follower), listenTo(follower)];
      const conversation = newConversationId();
      follower.followConversation(conversation);
      await settled();
      publisher.publishChanges(changesOf(conversation, 1));
      await settled();
      first.end();
      publisher.publishChanges(changesOf(conversation, 2));
      await settled();
      expect(first.told).toEqual([{ conversation, rev: 1 }]);
      expect(second.told).toEqual([
        { conversation, rev: 1 },
        { conversation, rev: 2 },
      ]);
    });

    test("[P31] what nobody follows is told to no listener", async () => {
      const { publisher, follower, settled } = await openBus();
      const { told } = listenTo(follower);
      follower.followConversation(newConversationId());
      follower.followUser(newUser());
      await settled();
      publisher.publishChanges(changesOf(newConversationId(), 1));
      publisher.publishState(typing(newConversationId()));
      publisher.publishUser(left(newUser()));
      await settled();
      expect(told).toEqual([]);
    });

    test("[P32] a listener that throws harms neither the publisher nor the other listeners", async () => {
      const { publisher, follower, settled } = await openBus();
      const before = listenTo(follower);
      const fail = () => {
        throw new Error("a listener's own fault");
      };
      follower.listen({ changes: fail, head: fail, state: fail, user: fail, interrupted: fail });
      const after = listenTo(follower);
      const [user, conversation] = [newUser(), newConversationId()];
      follower.followUser(user);
      follower.followConversation(conversation);
      await settled();
      for (let round = 1; round <= 2; round++) {
        publisher.publishChanges(changesOf(conversation, round));
        publisher.publishHead({ conversation, rev: (round + 10) as Rev, lastSeq: 0 as Seq });
        publisher.publishState(typing(conversation, user));
        publisher.publishUser(left(user));
      }
      await settled();
      for (const { told } of [before, after]) {
        expect(told.length).toBe(8);
        expect(told.filter((event) => "rev" in event).map((event) => event.rev)).toEqual([1, 11, 2, 12]);
      }
    });

    test("[P33] changes arrive as the publisher's bytes, encoded once however many listen", async () => {
      const { publisher, follower, settled } = await openBus();
      const conversation = newConversationId();
      follower.followConversation(conversation);
      await settled();
      const got: EncodedChanges[] = [];
      const nothing = () => {};
      const keep: BusListener = {
        changes: (event) => got.push(event),
        head: nothing,
        state: nothing,
        user: nothing,
        interrupted: nothing,
      };
      for (let count = 0; count < 3; count++) follower.listen({ ...keep });
      const encodings: string[] = [];
      const sent = changesOf(conversation, 7, (codec) => encodings.push(codec));
      publisher.publishChanges(sent);
      await settled();
      expect(got.length).toBe(3);
      for (const event of got) {
        const { rev, lastSeq, names } = sent;
        expect(event).toMatchObject({ conversation, rev, lastSeq, names });
        expect(event.encoded("banyan.v1.json")).toEqual(['{"rev":7}']);
        expect(event.encoded("banyan.v1.msgpack")).toEqual([Uint8Array.of(7, 0, 255)]);
      }
      expect(encodings.toSorted()).toEqual(["banyan.v1.json", "banyan.v1.msgpack"]);
    });
  });
}

export function changesOf(
  conversation: ConversationId,
  at: number,
  onEncode?: (codec: string) => void,
): EncodedChanges {
  const kept = new Map<string, readonly (string | Uint8Array<ArrayBuffer>)[]>();
  return {
    conversation,
    rev: rev(at),
    lastSeq: seq(at),
    names: [newName()],
    encoded(codec) {
      if (!kept.has(codec)) {
        onEncode?.(codec);
        kept.set(codec, [codec === "banyan.v1.json" ? `{"rev":${at}}` : Uint8Array.of(at, 0, 255)]);
      }
      return kept.get(codec)!;
    },
  };
}
