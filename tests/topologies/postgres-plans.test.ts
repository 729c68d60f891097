// Every statement of the PostgreSQL adapters, planned over large tables: it finds its rows by an index whose key
// it gives, and reads no table whole. Statements are caught on their way to the database, so that none is missed.

import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { SQL } from "bun";
import { openAccounts } from "#adapters/postgres/accounts.ts";
import { openConversationStore } from "#adapters/postgres/conversation-store.ts";
import type { Database } from "#adapters/postgres/database.ts";
import { openDeadLetters } from "#adapters/postgres/dead-letters.ts";
import { openInbox } from "#adapters/postgres/inbox.ts";
import { openLeases } from "#adapters/postgres/leases.ts";
import { openMessageLog } from "#adapters/postgres/message-log.ts";
import { migrate } from "#adapters/postgres/migrations/migrate.ts";
import { openOutbox, outboxHints } from "#adapters/postgres/outbox.ts";
import { endpointOf, type Target } from "#adapters/postgres/target.ts";
import { startPostgres } from "#tests/parts/postgres.ts";
import { dataDirectories } from "./data-directory.ts";

setDefaultTimeout(120_000);

let sql: SQL;

interface Server {
  readonly target: Target;
  stop(): Promise<void>;
}

async function embedded(): Promise<Server> {
  const directories = dataDirectories();
  const target = await directories.start(await directories.make());
  return { target, stop: () => directories.end() };
}

async function debians(): Promise<Server> {
  const part = await startPostgres();
  return { target: { url: part.url() }, stop: () => part.stop() };
}

describe("on the embedded PostgreSQL", () => plansContract(embedded));
describe("on PostgreSQL 15", () => plansContract(debians));

function plansContract(start: () => Promise<Server>): void {
  let server: Server;
  let problemsWhileEmpty: string[];
  let problemsWhileSmall: string[];

  beforeAll(async () => {
    server = await start();
    const connection = { plan_cache_mode: "force_generic_plan", enable_seqscan: "off" };
    sql = new SQL({ adapter: "postgres", ...endpointOf(server.target), max: 1, connection } as never);
    await migrate(sql);
    problemsWhileEmpty = await problemsOf(await everyStatement());
    for (const statement of fillingALittle) await sql.unsafe(statement);
    problemsWhileSmall = await problemsOf(await everyStatement());
    await sql.unsafe("truncate members");
    for (const statement of filling) await sql.unsafe(statement);
  });
  afterAll(async () => {
    await sql?.close();
    await server?.stop();
  });

  test("every statement of the hot paths finds its rows by the whole key that it was given", async () => {
    const statements = await everyStatement();
    expect(statements.size).toBeGreaterThanOrEqual(30);
    expect(await problemsOf(statements)).toEqual([]);
  });

  test("so does each that was planned while the tables were empty or small, but for the outbox, which stays small", () => {
    const others = (problem: string) => !/^outbox\.(read|after|waiting): /.test(problem);
    expect(problemsWhileEmpty.filter(others)).toEqual([]);
    expect(problemsWhileSmall.filter(others)).toEqual([]);
  });

  test("a statement that reads a table whole would be found", async () => {
    const byText = await planOf("select * from messages_p07 where bucket = 7 and text = $1");
    const byRest = await planOf("select * from inbox where conversation_id = $1");
    const byBucket = await planOf("select * from members where bucket = $1 and user_id > $2");
    for (const plan of [byText, byRest]) expect(scanProblems(plan)).toHaveLength(1);
    expect(scanProblems(byBucket).length).toBeGreaterThan(0);
  });
}

const id = "lpad(to_hex(c), 32, '0')::uuid";

/** As a while after the start: small enough for PostgreSQL to think that reading many rows is nothing. */
const fillingALittle = [
  `insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
   select c % 1024, ${id}, m, lpad(to_hex(m), 32, '0')::uuid, 3, true, m, 0
   from generate_series(1, 1000) c, generate_series(1, 10) m`,
  "vacuum analyze members",
];

/** 20,000 conversations, one of them with 100,000 messages, each with an entry in every table. */
const filling = [
  `insert into conversations (bucket, id, kind, title, home_region, created_at, last_seq, rev, title_rev, members_rev,
    last_member_no, member_count)
   select c % 1024, ${id}, 1 + c % 3, 'tree ' || c, 'home', c, 1, 9, 1, 9, 9, 9 from generate_series(1, 20000) c`,
  `insert into members (bucket, conversation_id, member_no, user_id, role, active, rev, joined_seq)
   select c % 1024, ${id}, m, lpad(to_hex(c * 10 + m), 32, '0')::uuid, 3, true, m, 0
   from generate_series(1, 20000) c, generate_series(1, 3) m`,
  `insert into messages (bucket, conversation_id, seq, rev, author_no, name, at, text, changed_rev)
   select c % 1024, ${id}, s, s, 1, 'name' || s, s, 'leaf', case when s % 10 = 0 then s + 1 end
   from generate_series(1, 20000) c, generate_series(1, case when c = 7 then 100000 else 2 end) s`,
  `insert into reactions (bucket, conversation_id, seq, emoji, member_no, emoji_rev, at)
   select c % 1024, ${id}, 1, 'x', m, 1, 1 from generate_series(1, 20000) c, generate_series(1, 3) m`,
  `insert into outbox (bucket, id, event) select c % 1024, ${id}, '{}' from generate_series(1, 20000) c`,
  `insert into users (user_id, handle, display_name, search, password_hash, is_owner, created_at)
   select ${id}, 'h' || c, 'd', 'h' || c, 'p', false, c from generate_series(1, 20000) c`,
  `insert into handles (handle, user_id) select 'h' || c, ${id} from generate_series(1, 20000) c`,
  `insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at)
   select ${id}, ${id}, 'x', 'd', 1, 1, 1 from generate_series(1, 20000) c`,
  `insert into inbox (user_id, conversation_id, member_no, rev, active, read_seq)
   select ${id}, ${id}, 1, 1, true, 0 from generate_series(1, 20000) c`,
  `insert into invitations (token_hash, created_by, created_at, expires_at, uses_left)
   select ('x' || c)::bytea, ${id}, 1, 1, 1 from generate_series(1, 2000) c`,
  "analyze",
];

/** Those that look through everything by their nature: trimming. */
const looksThroughAll = new Set(["outbox.trim"]);

async function problemsOf(statements: Map<string, Set<string>>): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, texts] of statements) {
    if (looksThroughAll.has(name)) continue;
    for (const text of texts)
      for (const problem of scanProblems(await planOf(text))) problems.push(`${name}: ${problem}`);
  }
  return problems;
}

interface Plan {
  readonly "Node Type": string;
  readonly "Relation Name"?: string;
  readonly "Index Name"?: string;
  readonly "Index Cond"?: string;
  readonly Plans?: readonly Plan[];
}

async function planOf(text: string): Promise<Plan> {
  await sql.unsafe(`prepare planned as ${text}`).simple();
  const [types] = await sql
    .unsafe("select parameter_types::text as list from pg_prepared_statements where name = 'planned'")
    .simple();
  const values = types.list.slice(1, -1).split(",").filter(Boolean).map(sampleOf).join(", ");
  const [row] = await sql.unsafe(`explain (format json) execute planned${values && `(${values})`}`).simple();
  await sql.unsafe("deallocate planned").simple();
  const plans = row["QUERY PLAN"];
  return (typeof plans === "string" ? JSON.parse(plans) : plans)[0].Plan;
}

/** Something of that type: with null PostgreSQL would leave out whole partitions. */
function sampleOf(type: string): string {
  const name = type.replaceAll('"', "");
  const one = /uuid/.test(name) ? "00000000-0000-0000-0000-000000000007" : /bool/.test(name) ? "t" : "7";
  return name.endsWith("[]") ? `'{${one}}'` : `'${one}'`;
}

/** Tables so small, or so ordered, that reading them along their index is what is wanted. */
const small = /^(outbox_consumers|installation|dead_letters|leases)/;
/** These give rows in the order wanted until a limit is reached, or those that hold all parts of a word. */
const ordered = /^(outbox_order|conversations_channels|users_in_order|users_search)$/;

function scanProblems(plan: Plan): string[] {
  const below = (plan.Plans ?? []).flatMap(scanProblems);
  const table = plan["Relation Name"] ?? plan["Index Name"];
  const isScan = /Scan$/.test(plan["Node Type"]) && table !== undefined && !small.test(table);
  if (!isScan || plan["Node Type"] === "Bitmap Heap Scan" || ordered.test(plan["Index Name"] ?? ""))
    return below;
  const condition = plan["Index Cond"] ?? "";
  const isKeyed = keys.some((key) => key.every((column) => new RegExp(`\\(${column} = `).test(condition)));
  return isKeyed ? below : [...below, `${plan["Node Type"]} on ${table} by (${condition || "nothing"})`];
}

/** The columns that lead to a few rows: one user's, one conversation's, one handle's, one invitation's. */
const keys = [["bucket", "id"], ["bucket", "conversation_id"], ["user_id"], ["handle"], ["token_hash"]];

/** What each method of each port sends, by the statement's name. */
async function everyStatement(): Promise<Map<string, Set<string>>> {
  const statements = new Map<string, Set<string>>();
  const caught = (name: string, text: string) => {
    statements.set(name, (statements.get(name) ?? new Set()).add(text));
    return Promise.reject(new Error("caught"));
  };
  const database = {
    read: caught,
    change: caught,
    run: (_purpose: string, name: string, text: string) => caught(name, text),
    transaction: (name: string, work: (run: (text: string) => Promise<never>) => Promise<never>) =>
      work((text) => caught(name, text)),
  } as unknown as Database;
  for (const call of everyCall(database)) await call().catch(() => {});
  return statements;
}

function everyCall(database: Database): (() => Promise<unknown>)[] {
  const log = openMessageLog(database, { emojiPerMessageMax: 5, announced: () => {} });
  const store = openConversationStore(database, () => {});
  const inbox = openInbox(database);
  const outbox = openOutbox(database, outboxHints());
  const deadLetters = openDeadLetters(database);
  const leases = openLeases(database);
  const accounts = openAccounts(database);
  const one = "00000000-0000-0000-0000-000000000007" as never;
  const no = 1 as never;
  const hash = new Uint8Array(32);
  const send = { conversation: one, author: no, name: "name" as never, at: 1, text: "" };
  const row = { user: one, conversation: one, member: no, rev: no, active: true, joinedSeq: no };
  const session = {
    user: one,
    session: one,
    secretHash: hash,
    device: "",
    isBot: false,
    createdAt: 1,
    lastSeenAt: 1,
    expiresAt: 1,
  };
  const account = { user: one, handle: "", displayName: "", passwordHash: "", createdAt: 1, open: true };
  const made = { id: one, kind: "group" as const, title: "", homeRegion: "", createdAt: 1, members: [] };
  return [
    () => log.append(log.laneOf(one), [{ ...send, again: false }]),
    () => log.append(log.laneOf(one), [{ ...send, again: true }]),
    () => log.edit(one, no, no, "", 1),
    () => log.remove(one, no, no, 1),
    () => log.react(one, no, no, "x", true, 1),
    () => log.react(one, no, no, "x", false, 1),
    () => log.since(one, no, no, no, 1),
    () => log.newest([one]),
    () => log.page(one, "head", 1, no),
    () => log.recent(one, 1, 1),
    () => accounts.stillOpen([session], 1),
    () => store.create(made),
    () => store.conversations([one]),
    () => store.memberships([{ conversation: one, user: one }]),
    () => store.memberships([1, 2].map(() => ({ conversation: one, user: one }))),
    () => store.members(one, 0, 1, true),
    () => store.membersAt([{ conversation: one, member: no }]),
    () => store.membersByNumber(one, [no]),
    () => store.addMembers(one, [one], "member", 1),
    () => store.setMember(one, one, { active: false }),
    () => store.rename(one, ""),
    () => store.channels("", 1),
    () => inbox.list([one]),
    () => inbox.cursors(one, [one]),
    () => inbox.apply([row]),
    () => inbox.readUpTo([{ user: one, conversation: one, seq: no }]),
    () => outbox.read("", 1),
    () => outbox.confirm("", "1:00000000-0000-0000-0000-000000000007" as never),
    () => outbox.after("1:00000000-0000-0000-0000-000000000007" as never, 1),
    () => outbox.waiting(""),
    () => outbox.lineage(),
    () => outbox.trim([""]),
    () => deadLetters.note({ consumer: "", event: "" as never, content: null as never, error: "", at: 1 }, 1),
    () => deadLetters.forget("", ["" as never]),
    () => deadLetters.retries("", 1),
    () => deadLetters.list(1),
    () => deadLetters.retry("", null),
    () => deadLetters.drop("", null),
    () => deadLetters.count(),
    () => leases.hold("", "", 1),
    () => leases.release("", ""),
    () => accounts.create(account),
    () => accounts.createBot(account, one, 1),
    () => accounts.bots(one),
    () => accounts.byHandle(""),
    () => accounts.accounts([one]),
    () => accounts.search("", 1),
    () => accounts.rename(one, ""),
    () => accounts.setPassword(one, ""),
    () => accounts.anyAccount(),
    () => accounts.openSession(session),
    () => accounts.sessions(one),
    () => accounts.authenticate([session], 1),
    () => accounts.touch([session], 1, 1),
    () => accounts.revoke(one, one),
    () => accounts.revokeOthers(one, null),
    () => accounts.invite({ tokenHash: hash, createdBy: one, createdAt: 1, expiresAt: 1, uses: 1 }),
  ];
}
