// A living installation moves to a cluster and back while fifty people send without pause; and what happens when a
// move breaks off on the way.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fence, isFenced } from "#adapters/postgres/copying/fence.ts";
import { type Link, linkTo } from "#adapters/postgres/copying/link.ts";
import { remainsOn } from "#adapters/postgres/copying/publication.ts";
import { filledTables } from "#adapters/postgres/copying/tables.ts";
import { askControl } from "#app/control.ts";
import { embeddedTarget } from "#ops/migrate/parties.ts";
import { saveState } from "#ops/migrate/state.ts";
import { type NatsPart, startNats } from "#tests/parts/nats.ts";
import { type PostgresPart, startPostgres } from "#tests/parts/postgres.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { until } from "#tests/parts/until.ts";
import { audit, type Crowd, makePairs, startCrowd } from "#tests/scenarios/senders.ts";
import { runBanyan } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { chatAcross } from "./chat-across.ts";
import { makeWitness, type Witness } from "./witness.ts";

setDefaultTimeout(120_000);

const pairs = 25;
const limits = ["--sign-ups-per-hour", "1000", "--hash-memory-kib", "64", "--requests-per-minute", "1000000"];

let cluster: PostgresPart;
let nats: NatsPart;
let redis: RedisPart;
let folder: string;
let links: Link[] = [];
let placesMade = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "banyan-migrate-"));
  [cluster, nats, redis] = await Promise.all([startPostgres(), startNats({ jetstream: true }), startRedis()]);
});
afterAll(async () => {
  await Promise.all([cluster?.stop(), nats?.close(), redis?.stop()]);
  rmSync(folder, { recursive: true, force: true });
});

interface NewPlace {
  /** For --to. */
  readonly file: string;
  /** What it says. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly link: Link;
}

/** A cluster with nothing in it: after the move the server is one of its processes, with all roles. */
async function newPlace(): Promise<NewPlace> {
  const url = cluster.url(await cluster.newDatabase());
  const file = join(folder, `to-${++placesMade}.json`);
  const values = {
    postgresUrl: url,
    topology: "cluster",
    natsUrls: [...nats.urls],
    natsReplicas: 1,
    redisUrl: redis.url,
    namespace: `migrate-${placesMade}`,
  };
  writeFileSync(file, JSON.stringify(values), { mode: 0o600 });
  return { file, values, link: linked({ url }) };
}

/** Another process of the cluster that the server has become. */
function startBeside(values: NewPlace["values"]): Promise<TestServer> {
  const dataDir = mkdtempSync(join(folder, "beside-"));
  writeFileSync(join(dataDir, "banyan.config.json"), JSON.stringify(values), { mode: 0o600 });
  return startServer({ dataDir, args: ["--roles", "gateway,api,messaging", ...limits] });
}

function linked(target: Parameters<typeof linkTo>[0]): Link {
  const link = linkTo(target);
  links.push(link);
  return link;
}

async function withServer(work: (server: TestServer) => Promise<void>): Promise<void> {
  const server = await startServer({ args: limits });
  try {
    await work(server);
  } finally {
    await Promise.all(links.splice(0).map((link) => link.close()));
    await server.stop();
    links = [];
  }
}

async function migrate(server: TestServer, ...args: string[]): Promise<string> {
  const { code, out, err } = await runBanyan(["migrate", "--data-dir", server.dataDir, ...args]);
  if (code !== 0) throw new Error(`migrate ended with ${code}\n${out}${err}`);
  return out;
}

/** A move under senders; prints its pause as the operator and as the senders saw it. */
async function moveUnder(crowd: Crowd, server: TestServer, ...args: string[]): Promise<void> {
  const silence = longestSilence(crowd);
  const out = await migrate(server, ...args);
  await crowd.sendersServed(pairs * 2);
  const pauseMs = Number(/the pause was (\d+) ms/.exec(out)![1]);
  console.log(`migrate ${args[0]}: a pause of ${pauseMs} ms; no send was acknowledged for ${silence()} ms`);
  expect(pauseMs).toBeLessThan(10_000);
}

/** How long nobody's send was acknowledged, at most, until asked. */
function longestSilence(crowd: Crowd): () => number {
  let longest = 0;
  let heardAt = performance.now();
  let count = crowd.acknowledged.length;
  const look = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - heardAt);
    if (crowd.acknowledged.length === count) return;
    count = crowd.acknowledged.length;
    heardAt = now;
  }, 5);
  return () => {
    clearInterval(look);
    return Math.round(longest);
  };
}

async function expectSameSight(witness: Witness, before: unknown): Promise<void> {
  expect(await witness.sees()).toEqual(before);
}

test("[L1] moved to a cluster and back under fifty senders: nothing is lost, doubled or forgotten", () =>
  withServer(async (server) => {
    const witness = await makeWitness(server.url);
    const places = await makePairs(server.url, pairs);
    const crowd = await startCrowd(server.url, places);
    await crowd.chatted(1_500);
    const before = await witness.sees();

    const { file, link, values } = await newPlace();
    await moveUnder(crowd, server, "--to", file);
    await expectSameSight(witness, before);
    const { embedded } = await askControl(server.dataDir, "state");
    expect(embedded).toBe(false);
    expect(await remainsOn(link)).toEqual([]);
    const config = join(server.dataDir, "banyan.config.json");
    expect(await Bun.file(config).json()).toEqual(values);
    expect(statSync(config).mode & 0o777).toBe(0o600);
    expect(statSync(join(server.dataDir, "migration.json")).mode & 0o777).toBe(0o600);
    expect(server.output()).not.toContain("loopback");

    await crowd.chatted(500);
    const beside = await startBeside(values);
    expect(await witness.sees(beside.url)).toEqual(before);
    await chatAcross(server.url, [server.url, beside.url]);
    expect(await beside.stop()).toBe(0);
    await witness.goOn();
    const meanwhile = await witness.sees();
    await moveUnder(crowd, server, "--back");
    await expectSameSight(witness, meanwhile);
    expect(await remainsOn(link)).toEqual([]);
    expect(await isFenced(link)).toBe(true);
    const home = linked(embeddedTarget(server.dataDir));
    expect(await remainsOn(home)).toEqual([]);
    expect(await isFenced(home)).toBe(false);

    await server.restart();
    await crowd.sendersServed(pairs * 2);
    await crowd.finish();
    const result = await audit(server.url, places, crowd);
    console.log(`${crowd.acknowledged.length} acknowledged, ${JSON.stringify(result)}`);
    expect(result).toEqual({ lost: 0, doubled: 0, gaps: 0, stored: result.stored });
    await expectSameSight(witness, meanwhile);
  }));

test("[L3] a cluster that dies while it is copied to leaves the server serving, and abort leaves nothing", () =>
  withServer(async (server) => {
    const dying = await startPostgres();
    try {
      const places = await makePairs(server.url, 5);
      const crowd = await startCrowd(server.url, places);
      await crowd.chatted(300);
      const file = join(folder, "dying.json");
      writeFileSync(file, JSON.stringify({ postgresUrl: dying.url() }));
      const moving = runBanyan(["migrate", "--data-dir", server.dataDir, "--to", file]);
      const source = linked(embeddedTarget(server.dataDir));
      await until("the copy has begun", async () => (await remainsOn(source)).includes("slot"));
      await dying.kill9();
      const { code, out } = await moving;
      expect(code).toBe(1);
      expect(out).toContain("the old database is clean");
      expect(await remainsOn(source)).toEqual([]);
      await crowd.sendersServed(10);

      expect(await migrate(server, "status")).toContain("copying");
      await dying.start();
      await migrate(server, "abort");
      const target = linked({ url: dying.url() });
      expect(await remainsOn(target)).toEqual([]);
      expect(await filledTables(target)).toEqual([]);
      expect(await migrate(server, "status")).toContain("no move");
      expect(await Bun.file(join(server.dataDir, "banyan.config.json")).exists()).toBe(false);
      await crowd.finish();
      expect(await audit(server.url, places, crowd)).toMatchObject({ lost: 0, doubled: 0, gaps: 0 });
      await target.close();
    } finally {
      await dying.stop();
    }
  }));

test("[L3] a move that ends behind the fence, by its asker's silence or a crash, ends where it began", () =>
  withServer(async (server) => {
    const places = await makePairs(server.url, 5);
    const crowd = await startCrowd(server.url, places);
    await crowd.chatted(300);
    await askControl(server.dataDir, "pause", { leaseMs: 400 });
    const source = linked(embeddedTarget(server.dataDir));
    await fence(source);
    expect(await isFenced(source)).toBe(true);
    await crowd.sendersServed(10);
    expect(await isFenced(source)).toBe(false);

    // The same with the server itself gone: it finds what was under way when it starts.
    saveState(server.dataDir, {
      direction: "to",
      phase: "fenced",
      values: {},
      without: [],
      adminUrl: cluster.url(),
      bridge: null,
      startedAt: new Date().toISOString(),
      earlier: null,
    });
    await fence(source);
    await server.kill();
    await server.restart();
    await crowd.sendersServed(10);
    const home = linked(embeddedTarget(server.dataDir));
    expect(await isFenced(home)).toBe(false);
    expect(await migrate(server, "status")).toContain("copying");
    await migrate(server, "abort");
    await crowd.finish();
    expect(await audit(server.url, places, crowd)).toMatchObject({ lost: 0, doubled: 0, gaps: 0 });
  }));

test("[L3] a move that finds a difference is taken back; killed with its server it is resumed", () =>
  withServer(async (server) => {
    const places = await makePairs(server.url, 5);
    const crowd = await startCrowd(server.url, places);
    await crowd.chatted(300);
    const taken = await newPlace();
    await taken.link.ask("create table kept (id int primary key)");
    await taken.link.ask("insert into kept values (1)");
    const refused = await runBanyan(["migrate", "--data-dir", server.dataDir, "--to", taken.file]);
    expect(refused.err).toContain("not empty (kept)");
    expect(refused.err).not.toContain("loopback");
    const { file, link } = await newPlace();
    await migrate(server, "--to", file, "--copy-only");
    expect(await migrate(server, "status")).toMatch(/(\d+) of \1 tables/);
    expect(await isFenced(linked(embeddedTarget(server.dataDir)))).toBe(false);
    await crowd.chatted(300);
    // One row that differs is found, and the server goes on where it was.
    const [row] = await link.ask("select bucket, conversation_id, seq, text from messages limit 1");
    const place = [row!.bucket, row!.conversation_id, row!.seq];
    const put = "update messages set text = $4 where bucket = $1 and conversation_id = $2 and seq = $3";
    await link.ask(put, [...place, `${row!.text}!`]);
    await expect(migrate(server, "resume")).rejects.toThrow("the copy differs: 1 conversations");
    await crowd.sendersServed(10);
    await link.ask(put, [...place, row!.text]);
    // Both ended: PostgreSQL's own slot and subscription remember how far they were.
    await server.kill();
    await server.restart();
    await crowd.sendersServed(10);
    expect(await migrate(server, "resume")).toContain("moved");
    await crowd.sendersServed(10);
    await crowd.finish();
    expect(await audit(server.url, places, crowd)).toMatchObject({ lost: 0, doubled: 0, gaps: 0 });
    expect(await remainsOn(link)).toEqual([]);
    const again = await runBanyan(["migrate", "--data-dir", server.dataDir, "--to", file]);
    expect(again.code).toBe(1);
    expect(again.err).toContain("already");
  }));
