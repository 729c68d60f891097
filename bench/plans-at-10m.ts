// What each statement of the hot paths touches with ten million messages: run by hand, on the PostgreSQL 15 of a
// cluster (bun bench/plans-at-10m.ts [millions]). Statements are those that the ports really send; PostgreSQL tells
// the plan and the pages of each (auto_explain).

import { closeSync, openSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { openPostgres, type PostgresPorts } from "#adapters/postgres/open.ts";
import type { ConversationId, MemberNo, MessageName, UserId } from "#base/ids.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";

const millions = Number(process.argv[2] ?? 10);
const perConversation = 1_000;
const conversations = millions * 1_000;
/** A group of 50 messages touches some 40 pages for each, their indexes included; a whole table has ten thousands. */
const pagesMax = 2_500;

/** Nothing of this has to outlive a crash. */
const settings = {
  wal_level: "minimal",
  max_wal_senders: "0",
  fsync: "off",
  full_page_writes: "off",
  synchronous_commit: "off",
  autovacuum: "off",
  max_wal_size: "20GB",
  checkpoint_timeout: "1h",
  maintenance_work_mem: "512MB",
  shared_buffers: "512MB",
  session_preload_libraries: "auto_explain",
  "auto_explain.log_min_duration": "-1",
  "auto_explain.log_analyze": "on",
  "auto_explain.log_buffers": "on",
  "auto_explain.log_timing": "off",
  "auto_explain.log_format": "json",
};

const part = await startPostgres(settings);
try {
  await (await openPostgres({ url: part.url(), emojiPerMessageMax: 5 })).close();
  const began = performance.now();
  for (const [index, text] of loading().entries()) {
    await part.query(text);
    console.log(`loading ${index + 1}: ${Math.round((performance.now() - began) / 1000)} s`);
  }
  await part.query("alter database postgres set auto_explain.log_min_duration = 0");
  const ports = await openPostgres({ url: part.url(), emojiPerMessageMax: 5 });
  const worst = await report(part, ports);
  await ports.close();
  if (worst > pagesMax) throw new Error(`a statement touches ${worst} pages, more than ${pagesMax}`);
} finally {
  await part.stop();
}

/** Conversation c has the id 0...c in hex and so belongs to bucket c % 1024 (bucketOf). */
function loading(): string[] {
  const id = (c: string) => `lpad(to_hex(${c}), 32, '0')::uuid`;
  const keys = ["messages_pkey", "messages_bucket_conversation_id_author_no_name_key"];
  return [
    ...keys.map((key) => `alter table messages drop constraint ${key}`),
    `insert into conversations (bucket, id, kind, title, home_region, created_at, last_seq, rev, title_rev,
       members_rev, last_member_no, member_count)
     select (c % 1024)::smallint, ${id("c")}, 2, 'tree ' || c, 'home', c, ${perConversation}, ${perConversation} + 11, 1, 11, 10, 10
     from generate_series(1, ${conversations}) c`,
    `insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
     select (c % 1024)::smallint, ${id("c")}, m, ${id("(c / 10) * 100 + m")}, 3, true, m, 0
     from generate_series(1, ${conversations}) c, generate_series(1, 10) m`,
    `insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
     select ${id("(c / 10) * 100 + m")}, ${id("c")}, m, m, true, 0
     from generate_series(1, ${conversations}) c, generate_series(1, 10) m on conflict do nothing`,
    `insert into users (user_id, handle, display_name, search, password_hash, is_owner, created_at)
     select ${id("u")}, 'h' || u, 'd', 'h' || u, 'p', false, u from generate_series(1, ${conversations * 10}) u`,
    `insert into handles (handle, user_id) select 'h' || u, ${id("u")} from generate_series(1, ${conversations * 10}) u`,
    `insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at)
     select ${id("u")}, ${id("u")}, 'x', 'd', 1, 1, 9e15 from generate_series(1, ${conversations}) u`,
    `insert into messages (bucket, conversation_id, seq, rev, author_no, name, at, text, changed_rev)
     select (c % 1024)::smallint, ${id("c")}, s, s + 11, 1 + s % 10, 'n' || s, s, repeat('leaf ', 12),
       case when s % 50 = 0 then s + 11 end
     from generate_series(1, ${conversations}) c, generate_series(1, ${perConversation}) s`,
    "alter table messages add primary key (bucket, conversation_id, seq)",
    "alter table messages add unique (bucket, conversation_id, author_no, name)",
    "vacuum analyze",
  ];
}

function idOf(n: number): ConversationId {
  const hex = n.toString(16).padStart(32, "0");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    "-",
  ) as ConversationId;
}

function calls(ports: PostgresPorts): Record<string, () => Promise<unknown>> {
  const { messageLog, conversationStore, inbox, outbox, accounts } = ports;
  const rooms = Array.from({ length: 50 }, (_, n) => idOf(1 + ((n * 7919) % conversations)));
  const [room] = rooms as [ConversationId];
  const no = 3 as MemberNo;
  const users = Array.from({ length: 20 }, (_, n) => idOf(n + 101) as string as UserId);
  const [user] = users as [UserId];
  const send = (conversation: ConversationId, again: boolean) => {
    const name = `${Math.random()}`.slice(2, 13) as MessageName;
    return { conversation, author: no, name, at: 1, text: "leaf", again };
  };
  const tokens = users.map((each) => ({
    user: each,
    session: each as never,
    secretHash: new Uint8Array(32),
  }));
  return {
    "append 50 to 50 conversations": () =>
      messageLog.append(
        0,
        rooms.map((each) => send(each, false)),
      ),
    "append 50 that may be known": () =>
      messageLog.append(
        0,
        rooms.map((each) => send(each, true)),
      ),
    edit: () => messageLog.edit(room, 500 as never, null, "other", 1),
    react: () => messageLog.react(room, 500 as never, no, "x", true, 1),
    remove: () => messageLog.remove(room, 499 as never, null, 1),
    "page of 50 at the head": () => messageLog.page(room, "head", 50, no),
    "page of 50 in the middle": () => messageLog.page(room, { before: 500 as never }, 50, no),
    "since, 20 behind": () => messageLog.since(room, 990 as never, 980 as never, no, 500),
    "newest of 50": () => messageLog.newest(rooms),
    "conversations, 50": () => conversationStore.conversations(rooms),
    "memberships, 50": () =>
      conversationStore.memberships(rooms.map((conversation) => ({ conversation, user }))),
    members: () => conversationStore.members(room, 0, 100, true),
    "members by number": () => conversationStore.membersByNumber(room, [no]),
    "set a role": () => conversationStore.setMember(room, user, { role: "admin" }),
    "inbox of 20 users": () => inbox.list(users),
    "read cursors": () => inbox.cursors(room, users),
    "read up to": () => inbox.readUpTo([{ user, conversation: room, seq: 9 as never }]),
    "outbox, read": () => outbox.read("consumer", 100),
    "authenticate 20": () => accounts.authenticate(tokens, 1),
    "accounts, 20": () => accounts.accounts(users),
    "by handle": () => accounts.byHandle("h77"),
    touch: () => accounts.touch(tokens, 1, 2),
  };
}

interface Node {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Shared Hit Blocks"?: number;
  readonly "Shared Read Blocks"?: number;
  readonly Plans?: readonly Node[];
}

/** The most pages that any of them touched. */
async function report(server: PostgresPart, ports: PostgresPorts): Promise<number> {
  const log = join(server.folder, "log");
  let worst = 0;
  console.log("\n| call | pages touched | seq scans |\n| --- | --- | --- |");
  for (const [name, call] of Object.entries(calls(ports))) {
    await call();
    const from = statSync(log).size;
    await call();
    await Bun.sleep(100);
    const plans = plansIn(readFrom(log, from));
    const pages = plans.reduce((sum, plan) => sum + pagesOf(plan), 0);
    const scans = plans.flatMap(seqScans);
    worst = Math.max(worst, pages);
    console.log(`| ${name} | ${plans.length === 0 ? "none seen" : pages} | ${scans.join(", ") || "-"} |`);
  }
  return worst;
}

function readFrom(file: string, from: number): string {
  const size = statSync(file).size - from;
  const bytes = Buffer.alloc(size);
  const descriptor = openSync(file, "r");
  readSync(descriptor, bytes, 0, size, from);
  closeSync(descriptor);
  return bytes.toString();
}

/** Each plan is a JSON object that begins and ends at a line's beginning, after a tab. */
function plansIn(text: string): Node[] {
  return [...text.matchAll(/plan:\n(\t?\{[\s\S]*?\n\t?\})\n/g)].map(([, json]) => JSON.parse(json!).Plan);
}

/** What a changing CTE touches at the statement's end does not stand in the node above it. */
function pagesOf(node: Node): number {
  const below = node.Plans ?? [];
  const own = touched(node) - below.reduce((sum, child) => sum + touched(child), 0);
  return Math.max(0, own) + below.reduce((sum, child) => sum + pagesOf(child), 0);
}

function touched(node: Node): number {
  return (node["Shared Hit Blocks"] ?? 0) + (node["Shared Read Blocks"] ?? 0);
}

function seqScans(node: Node): string[] {
  const here = node["Node Type"] === "Seq Scan" ? [node["Relation Name"] ?? "?"] : [];
  return [...here, ...(node.Plans ?? []).flatMap(seqScans)];
}
