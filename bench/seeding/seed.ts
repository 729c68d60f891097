// Fills Banyan's data folder through the ports, before the server starts: accounts with sessions (no password
// is hashed: nobody logs in with one), pairs, rooms, the crowd's conversations, and the long one by bulk SQL.
// Commits need not reach the disk one by one while a world is made that can be made again.

import { mkdirSync } from "node:fs";
import { type EmbeddedPostgres, startEmbedded } from "#adapters/postgres/embedded/start.ts";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import { assert } from "#base/assert.ts";
import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq, type UserId } from "#base/ids.ts";
import { dayMs } from "#base/units.ts";
import type { Sizes } from "#bench/journey.ts";
import type { Outcome } from "#bench/journey-process.ts";
import { worldSeed } from "#bench/targets/banyan.ts";
import { crowdPlaces } from "#bench/targets/peer-places.ts";
import { hashSecret } from "#core/accounts/token.ts";
import type { ConversationKind } from "#core/conversations/conversation.ts";
import type { MembershipRow } from "#ports/inbox.ts";
import { membershipConsumer } from "#services/worker/project-memberships.ts";
import { connection, openDatabase } from "./database.ts";
import { journeyUsers, type World, worldOf } from "./world.ts";

const atOnce = 16;
const inboxRowsAtOnce = 5000;
const emojiPerMessageMax = 20;
const longHistoryMembers = 2;

export interface SeedJob {
  readonly folder: string;
  readonly sizes: Sizes;
}

if (import.meta.main) {
  const outcome = await seed(JSON.parse(process.argv[2]!) as SeedJob);
  process.stdout.write(`${JSON.stringify(outcome)}\n`, () => process.exit(0));
}

async function seed({ folder, sizes }: SeedJob): Promise<Outcome> {
  mkdirSync(folder, { recursive: true });
  const startedAt = performance.now();
  const say = (line: string) =>
    console.error(`  ${((performance.now() - startedAt) / 1000).toFixed(1)} s: ${line}`);
  const postgres = await startEmbedded({ dataDir: folder, settings: { synchronous_commit: "off" } });
  const ports = await openPorts(postgres);
  try {
    const world = worldOf(worldSeed);
    await makeWorld(ports, world, sizes, say);
    await makeLongHistory(folder, world.longHistory(), sizes.longHistoryMessages);
    say(`a conversation with ${sizes.longHistoryMessages.toLocaleString("en")} messages`);
  } finally {
    await ports.close();
    await postgres.stop();
  }
  return { figures: {}, warnings: [] };
}

/** Accounts and conversations of the journeys and of the crowd. */
export async function makeWorld(
  ports: PostgresPorts,
  world: World,
  sizes: Sizes,
  say: (line: string) => void,
): Promise<void> {
  await makeAccounts(ports, world, journeyUsers + sizes.crowd);
  say(`${journeyUsers + sizes.crowd} accounts, each with a session`);
  const plans = conversationsOf(world, sizes);
  await makeConversations(ports, plans);
  say(`${plans.length} conversations`);
}

/** The message log of a server that runs, through connections of the bench's own. */
export async function openLog(folder: string) {
  const ports = await openPostgres({
    ...connection(folder),
    emojiPerMessageMax,
    connections: { groups: 1, changes: 1, reads: 1 },
  });
  return { log: ports.messageLog, close: () => ports.close() };
}

function openPorts(postgres: EmbeddedPostgres): Promise<PostgresPorts> {
  const { socketDir, username, database } = postgres;
  return openPostgres({ socketDir, username, database, emojiPerMessageMax });
}

async function makeAccounts(ports: PostgresPorts, world: World, count: number): Promise<void> {
  const now = Date.now();
  await inParallel(count, async (n) => {
    const user = world.user(n);
    const made = await ports.accounts.create({
      user,
      handle: `bench-${n}`,
      displayName: `Bench ${n}`,
      passwordHash: "$argon2id$none",
      createdAt: now,
      open: true,
    });
    assert(made.ok, "an account of the bench could not be made");
    await ports.accounts.openSession({
      user,
      session: world.session(n),
      secretHash: hashSecret(world.secret(n)),
      device: "bench",
      isBot: false,
      createdAt: now,
      lastSeenAt: now,
      expiresAt: now + 30 * dayMs,
    });
  });
}

interface Plan {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly users: readonly UserId[];
}

function conversationsOf(world: World, sizes: Sizes): Plan[] {
  const users = (from: number, count: number) =>
    Array.from({ length: count }, (_, i) => world.user(from + i));
  const group = (id: ConversationId, members: readonly UserId[]): Plan => ({
    id,
    kind: "group",
    users: members,
  });
  const pairs = Array.from(
    { length: sizes.pairs },
    (_, n): Plan => ({ id: world.pair(n), kind: "direct", users: users(2 * n, 2) }),
  );
  const rooms = Array.from({ length: sizes.rooms }, (_, n) =>
    group(world.room(n), users(n * sizes.roomMembers, sizes.roomMembers)),
  );
  return [
    ...pairs,
    ...rooms,
    group(world.largeRoom(), users(0, sizes.largeRoomMembers)),
    group(world.longHistory(), users(journeyUsers, longHistoryMembers)),
    ...crowdConversations(world, sizes.crowd),
  ];
}

function crowdConversations(world: World, crowd: number): Plan[] {
  const members = new Map<number, UserId[]>();
  crowdPlaces(crowd).forEach((places, user) => {
    for (const place of places) {
      const list = members.get(place) ?? [];
      list.push(world.user(journeyUsers + user));
      members.set(place, list);
    }
  });
  return [...members].map(([n, users]) => ({ id: world.crowdConversation(n), kind: "group", users }));
}

/** The memberships go into the inboxes in large batches, and the outbox is told that they are there. */
async function makeConversations(ports: PostgresPorts, plans: readonly Plan[]): Promise<void> {
  let rows: MembershipRow[] = [];
  const flush = async () => {
    const full = rows;
    rows = [];
    if (full.length > 0) await ports.inbox.apply(full);
  };
  await inParallel(plans.length, async (n) => {
    const { id, kind, users } = plans[n]!;
    const { conversation, members } = await ports.conversationStore.create({
      id,
      kind,
      title: kind === "direct" ? "" : `Bench ${n}`,
      homeRegion: "home",
      createdAt: Date.now(),
      members: users.map((user, i) => ({ user, role: kind !== "direct" && i === 0 ? "owner" : "member" })),
    });
    for (const { user, member, rev } of members) rows.push(membership(user, conversation.id, member, rev));
    if (rows.length >= inboxRowsAtOnce) await flush();
  });
  await flush();
  await confirmAll(ports);
}

function membership(user: UserId, conversation: ConversationId, member: MemberNo, rev: Rev): MembershipRow {
  return { user, conversation, member, rev, active: true, joinedSeq: 0 as Seq };
}

async function confirmAll(ports: PostgresPorts): Promise<void> {
  for (;;) {
    const entries = await ports.outbox.read(membershipConsumer, 2000);
    const last = entries.at(-1);
    if (!last) break;
    await ports.outbox.confirm(membershipConsumer, last.position);
  }
  await ports.outbox.trim([membershipConsumer]);
}

/** Straight into the tables, as a million sends would have left them. */
async function makeLongHistory(folder: string, id: ConversationId, count: number): Promise<void> {
  const sql = openDatabase(folder);
  const bucket = bucketOf(id);
  try {
    const [head] = await sql`select rev from conversations where bucket = ${bucket} and id = ${id}`;
    await sql.begin(async (all) => {
      await all`insert into messages (bucket, conversation_id, seq, rev, at, author_no, name, text)
        select ${bucket}::smallint, ${id}::uuid, n, ${head.rev}::bigint + n, ${Date.now()}::bigint - (${count}::bigint - n) * 60000,
          1 + n % 2, rtrim(translate(encode(int8send(n), 'base64'), '+/', '-_'), '='),
          'message ' || n || ' ' || repeat('of a conversation that has gone on for years ', 1 + (n % 4)::int)
        from generate_series(1, ${count}::bigint) n`;
      await all`update conversations set last_seq = ${count}::bigint, rev = rev + ${count}::bigint
        where bucket = ${bucket} and id = ${id}`;
    });
    await sql`vacuum analyze`;
  } finally {
    await sql.close();
  }
}

async function inParallel(count: number, work: (n: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}
