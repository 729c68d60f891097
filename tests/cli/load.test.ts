// ./banyan load: a short run against a server of its own is clean; a server that lies is caught, one that loses
// deliveries is not blamed for what clients heal; and what a person did wrong is said with its remedy.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { profiles } from "#bench/load/profiles/profiles.ts";
import { readRun } from "#bench/load/run-file.ts";
import { Timetable } from "#bench/load/timetable.ts";
import { planWorld } from "#bench/load/world.ts";
import { removeTemporary, runBanyan, temporaryFolder } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { type Liar, type Lie, openLiar } from "./load-liar.ts";

setDefaultTimeout(90_000);

const folder = temporaryFolder();
let server: TestServer;
let liar: Liar;

beforeAll(async () => {
  server = await startServer({
    env: { BANYAN_SIGN_UPS_PER_HOUR: "100000", BANYAN_HASH_MEMORY_KIB: "1024" },
  });
  liar = await openLiar(server.port);
});
afterAll(async () => {
  await liar?.close();
  await server?.stop();
  removeTemporary(folder);
});

/** The machine may be busy with other tests: how late the generator is, is not the point here. */
const patient = ["--late-max", "5000", "--ramp", "1"];

async function loadThroughLiar(lie: Lie, more: readonly string[] = []) {
  liar.tell(lie);
  const json = join(folder, `${lie}.json`);
  const kept = ["--people", join(folder, "people.json"), "--json", json];
  const who = ["--count", "8", "--rate", "30", "--seconds", "2"];
  const { code, out, err } = await runBanyan([
    "load",
    "work",
    "--url",
    liar.url,
    ...who,
    ...kept,
    ...patient,
    ...more,
  ]);
  if (code > 3 || code === 2) throw new Error(`${out}\n${err}`);
  return { code, run: readRun(json), out };
}

test("people at work for five seconds miss nothing, and the run is told in all its files", async () => {
  const json = join(folder, "run.json");
  const history = join(folder, "history.ndjson");
  const html = join(folder, "run.html");
  const who = ["--count", "50", "--rate", "40", "--seconds", "5", "--processes", "2"];
  const files = ["--json", json, "--history", history, "--html", html];
  const { code, out, err } = await runBanyan(["load", "work", ...who, ...files, ...patient]);
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toMatch(/audit .* lost 0, doubled 0, out of order 0, unread wrong 0/);
  const run = readRun(json);
  expect(run.audit.verdict).toBe("clean");
  expect(run.audit.acknowledged).toBeGreaterThan(100);
  expect(run.audit.shown).toBeGreaterThan(run.audit.acknowledged);
  expect(run.latency.ack!.count).toBeGreaterThan(100);
  expect(run.series.length).toBeGreaterThanOrEqual(5);
  expect(run.server!.cpuUsPerMessage).toBeGreaterThan(0);
  // That the audit calls every session anew at the end is no reconnect of people.
  expect(run.audit.sessions).toBeGreaterThan(50);
  expect(run.series.reduce((sum, { reconnects }) => sum + reconnects, 0)).toBeLessThan(10);
  expect(readFileSync(html, "utf8")).toContain("<html");
  const events = readFileSync(history, "utf8").trim().split("\n");
  const acked = events.filter((line) => (JSON.parse(line) as { op: string }).op === "acked");
  expect(acked.length).toBe(run.audit.acknowledged);
});

test("with --check the independent checker judges the run, and refuses what a lying server did", async () => {
  const { code, run, out } = await loadThroughLiar("none", ["--check"]);
  expect(code).toBe(0);
  expect(run.checker).toMatchObject({ verdict: "clean" });
  expect(out).toMatch(/checker +0 broken, 0 undecided, \d+ as a numbered log behaves/);
  const lied = await loadThroughLiar("twice", ["--check"]);
  expect(lied.code).toBe(1);
  expect(lied.run.checker).toMatchObject({ verdict: "broken" });
});

test("a server that acknowledges and does not store is caught", async () => {
  const { code, run } = await loadThroughLiar("swallow");
  expect(liar.lies).toBe(1);
  expect(run.audit.lost).toBeGreaterThan(0);
  expect(code).toBe(1);
});

test("a message that is stored twice is caught", async () => {
  const { code, run } = await loadThroughLiar("twice");
  expect(liar.lies).toBe(1);
  expect(run.audit.doubled).toBe(1);
  expect(code).toBe(1);
});

test("deliveries that get lost on the way are healed, and the verdict is clean", async () => {
  const { code, run } = await loadThroughLiar("deaf");
  expect(liar.lies).toBeGreaterThan(3);
  expect(run.audit.gapsHealed).toBeGreaterThan(0);
  expect(run.audit).toMatchObject({ lost: 0, doubled: 0, disordered: 0, verdict: "clean" });
  expect(code).toBe(0);
});

test("a generator that does not keep its timetable voids the run", async () => {
  const { code, run, out } = await loadThroughLiar("none", ["--late-max", "0"]);
  expect(run.generator).toMatchObject({
    saturated: true,
    why: expect.stringContaining("the timetable was kept"),
  });
  expect(run.audit.verdict).toBe("clean");
  expect(out).toContain("VOID");
  expect(code).toBe(3);
});

test("a seed makes the same people, conversations and arrivals, at the rate that was asked for", () => {
  expect(planWorld(profiles.work!, 300, 7)).toEqual(planWorld(profiles.work!, 300, 7));
  expect(planWorld(profiles.work!, 300, 8)).not.toEqual(planWorld(profiles.work!, 300, 7));
  const shape = (atMs: number) => (atMs < 10_000 ? 1 : 0.5);
  const arrivals = () => {
    const due: number[] = [];
    const timetable = new Timetable([{ name: "send", perSecond: 100, shape, shapeMax: 1 }], 7);
    timetable.due(20_000, (_, dueMs) => due.push(dueMs));
    return due;
  };
  expect(arrivals()).toEqual(arrivals());
  // Poisson: 1,000 and 500 expected; five standard deviations around it.
  const early = arrivals().filter((dueMs) => dueMs < 10_000).length;
  expect(early).toBeWithin(1000 - 160, 1000 + 160);
  expect(arrivals().length - early).toBeWithin(500 - 112, 500 + 112);
});

test("what a person can mend is said with its remedy", async () => {
  const nobody = await runBanyan(["load", "--url", "http://127.0.0.1:1"]);
  expect(nobody).toMatchObject({
    code: 2,
    err: expect.stringMatching(/Nobody answers at .*\n +Check the URL/),
  });
  const profile = await runBanyan(["load", "holiday"]);
  expect(profile).toMatchObject({
    code: 2,
    err: expect.stringContaining("work, consumer, community, disaster"),
  });
  const endless = await runBanyan(["load", "--count", "2000000"]);
  expect(endless).toMatchObject({ code: 2, err: expect.stringContaining("Take a lower --count") });
  const many = await runBanyan(["load", "--count", "200000"]);
  expect(many).toMatchObject({
    code: 2,
    err: expect.stringMatching(
      /more than one server process may hold.*\n +Take a lower --count, or a cluster/,
    ),
  });
  const option = await runBanyan(["load", "--count", "many"]);
  expect(option).toMatchObject({ code: 2, err: expect.stringContaining("--count many does not fit") });
});
