// What is asked most and answered from memory: may this person send here, the newest page, what came since a number.

import { assert } from "#base/assert.ts";
import type { Bucket, ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import { textOf } from "#bench/driver/dialect.ts";
import type { Figures } from "#bench/journey.ts";
import type { Conversation, Member } from "#core/conversations/conversation.ts";
import type { RecentMessage } from "#ports/message-log.ts";
import { FactsCache } from "#services/messaging/facts.ts";
import { Ring } from "#services/messaging/ring.ts";
import { bestUs } from "./timing.ts";

const calls = 2000;
const pageMessages = 50;
const behind = 20;
const id = "01234567-89ab-7def-8123-456789abcdef" as ConversationId;
const reader = 1 as MemberNo;
const user = "01234567-89ab-7def-8123-456789abcdf0" as UserId;

export async function hitFigures(): Promise<Figures> {
  const facts = await knownFacts();
  const ring = fullRing();
  return {
    "micro.hits.factsUs": bestUs(calls, () => assert(!(facts.of(user, id) instanceof Promise), "a hit")),
    "micro.hits.pageUs": bestUs(calls, () =>
      assert(ring.page("head", pageMessages, reader) !== null, "a hit"),
    ),
    "micro.hits.sinceUs": bestUs(calls, () => {
      const from = pageMessages - behind;
      assert(ring.since(from as Rev, from as Seq, reader, pageMessages) !== null, "a hit");
    }),
  };
}

async function knownFacts(): Promise<FactsCache> {
  const conversation: Conversation = {
    id,
    bucket: 1 as Bucket,
    kind: "direct",
    title: "",
    homeRegion: "home",
    createdAt: 0,
    rev: 1 as Rev,
    lastSeq: 0 as Seq,
    memberCount: 1,
  };
  const member: Member = {
    conversation: id,
    user,
    member: reader,
    role: "owner",
    active: true,
    rev: 1 as Rev,
  };
  const facts = new FactsCache(
    {
      conversations: async (ids) => ids.map(() => conversation),
      memberships: async (pairs) => pairs.map(() => member),
      members: async () => [member],
    },
    { conversationsMax: 10, membershipsMax: 10, loadBatchMax: 10, loadQueueMax: 10 },
  );
  await facts.of(user, id);
  return facts;
}

function fullRing(): Ring {
  const messages = Array.from({ length: pageMessages }, (_, i): RecentMessage => {
    const [rev, seq, name] = [(i + 1) as Rev, (i + 1) as Seq, "AAAAAAAAAAA" as MessageName];
    return { row: { rev, seq, name, author: reader, at: 0, text: textOf(i) }, reactions: [] };
  });
  const newest = { rev: pageMessages as Rev, lastSeq: pageMessages as Seq };
  return Ring.read({ ...newest, messages, quietSince: 0 as Rev }, pageMessages);
}
