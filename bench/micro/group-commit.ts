// What a stored message costs PostgreSQL, by the size of the group in which it is committed. One lane, one writer,
// fsync on: the difference between groups is what group commit is for.

import { startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import { assert } from "#base/assert.ts";
import { toBase64Url } from "#base/base64url.ts";
import { type ConversationId, type MemberNo, type MessageName, type UserId, uuidV7 } from "#base/ids.ts";
import { textOf } from "#bench/driver/dialect.ts";
import { cpuUsOf } from "#bench/driver/process-tree.ts";
import type { Figures, Sizes } from "#bench/journey.ts";
import type { NewMessage } from "#ports/message-log.ts";

const groupSizes = [1, 10, 100, 250];
const conversationCount = 500;
const emojiPerMessageMax = 20;

export async function groupCommitFigures(folder: string, sizes: Sizes): Promise<Figures> {
  const postgres = await startEmbedded({ dataDir: folder });
  const { socketDir, username, database } = postgres;
  const ports = await openPostgres({ socketDir, username, database, emojiPerMessageMax });
  try {
    const conversations = await makeConversations(ports);
    const figures: Figures = {};
    for (const size of groupSizes) {
      await run(ports, conversations, size, 300);
      figures[`micro.commit.group${size}CpuUs`] = await costUs(sizes, postgres.pid()!, (ms) =>
        run(ports, conversations, size, ms),
      );
    }
    return figures;
  } finally {
    await ports.close();
    await postgres.stop();
  }
}

async function costUs(sizes: Sizes, pid: number, load: (ms: number) => Promise<number>): Promise<number> {
  const before = cpuUsOf([pid]);
  const messages = await load((sizes.seconds * 1000) / 2);
  return (cpuUsOf([pid]) - before) / messages;
}

/** Those of the fullest lane, so that one group addresses many conversations. */
async function makeConversations(ports: PostgresPorts): Promise<ConversationId[]> {
  const byLane = new Map<number, ConversationId[]>();
  for (let n = 0; n < conversationCount; n++) {
    const id = newId() as ConversationId;
    const members = [{ user: newId() as UserId, role: "owner" as const }];
    const lane = ports.messageLog.laneOf(id);
    byLane.set(lane, [...(byLane.get(lane) ?? []), id]);
    await ports.conversationStore.create({
      id,
      kind: "group",
      title: "bench",
      homeRegion: "home",
      createdAt: Date.now(),
      members,
    });
  }
  return [...byLane.values()].sort((a, b) => b.length - a.length)[0]!;
}

/** Appends groups one after another for that long; how many messages it were. */
async function run(
  ports: PostgresPorts,
  conversations: readonly ConversationId[],
  size: number,
  ms: number,
): Promise<number> {
  const lane = ports.messageLog.laneOf(conversations[0]!);
  const until = performance.now() + ms;
  let messages = 0;
  while (performance.now() < until) {
    const group = Array.from({ length: size }, (_, i) =>
      newMessage(conversations[(messages + i) % conversations.length]!),
    );
    const answers = await ports.messageLog.append(lane, group);
    assert(!answers.includes("unknown_conversation"), "each group finds its conversations");
    messages += size;
  }
  return messages;
}

function newMessage(conversation: ConversationId): NewMessage {
  const name = toBase64Url(crypto.getRandomValues(new Uint8Array(8))) as MessageName;
  return { conversation, author: 1 as MemberNo, name, at: Date.now(), text: textOf(7), again: false };
}

function newId(): string {
  return uuidV7(Date.now(), crypto.getRandomValues(new Uint8Array(10)));
}
