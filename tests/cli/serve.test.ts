// ./banyan serve as a process: starting, what hinders it, stopping, and the hold on the data directory.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { runBanyan, temporaryFolder } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";

/** Nothing may hang; how long a start takes is measured by `./banyan bench --only start`. */
const startWithinMs = 20_000;

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});

test("the first start does not hang, says what it did, and answers", async () => {
  for (const step of ["data directory ready", "PostgreSQL ready", "listener ready", "ready"])
    expect(server.output()).toContain(`"msg":"${step}"`);
  expect(server.readyAfterMs).toBeLessThan(startWithinMs);
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

test("the data directory is closed to others", () => {
  expect(statSync(server.dataDir).mode & 0o777).toBe(0o700);
});

test("metrics answer this machine, and nobody who comes through a proxy", async () => {
  const own = await fetch(`${server.url}/metrics`);
  expect(own.status).toBe(200);
  expect(await own.text()).toContain("banyan_commits_waiting 0");
  const forwarded = await fetch(`${server.url}/metrics`, { headers: { "x-forwarded-for": "192.0.2.1" } });
  expect(forwarded.status).toBe(403);
});

test("a second process on the same data directory is refused, names the first, and does not disturb it", async () => {
  const { code, err } = await runBanyan(["serve", "--port", "0", "--data-dir", server.dataDir]);
  expect(code).toBe(1);
  expect(err).toContain(
    `Another Banyan (process ${server.pid}) is using the data directory ${server.dataDir}.`,
  );
  expect(err).toContain("--data-dir");
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
});

test("a taken port is refused before a database is made", async () => {
  const folder = join(temporaryFolder(), "data");
  const { code, err } = await runBanyan(["serve", "--port", String(server.port), "--data-dir", folder]);
  expect(code).toBe(1);
  expect(err).toContain(`Port ${server.port} on 127.0.0.1 is taken by another process.`);
  expect(existsSync(folder)).toBe(false);
});

test("an address of another machine is refused", async () => {
  const { code, err } = await runBanyan(["serve", "--port", "0", "--host", "192.0.2.1"]);
  expect([code, err]).toEqual([1, expect.stringContaining("192.0.2.1 is not an address of this machine.")]);
});

test("a later start does not hang; SIGTERM stops it in order and with exit code 0", async () => {
  const other = await startServer();
  await other.restart();
  expect(other.readyAfterMs).toBeLessThan(startWithinMs);
  const output = other.output;
  expect(await other.stop()).toBe(0);
  const order = ["listener closed", "tables closed", "PostgreSQL closed", "data directory closed", "stopped"];
  const places = order.map((step) => output().indexOf(`"msg":"${step}"`));
  expect(places.every((place, i) => place > (places[i - 1] ?? 0))).toBe(true);
});

test("after kill -9 the next start takes the data directory over by itself", async () => {
  const other = await startServer();
  await other.kill();
  await other.restart();
  expect((await fetch(`${other.url}/health/ready`)).status).toBe(200);
  expect(await other.stop()).toBe(0);
});

test("a data directory that this user may not write is refused with the remedy", async () => {
  const folder = join(temporaryFolder(), "data");
  mkdirSync(folder);
  chmodSync(folder, 0o500);
  const { code, err } = await asOrdinaryUser(["serve", "--port", "0", "--data-dir", folder]);
  expect(code).toBe(1);
  expect(err).toContain("may not be written by this user");
  expect(err).toContain("chown");
});

/** Root may write everywhere, so as root this goes through another user who may read the house. */
async function asOrdinaryUser(args: readonly string[]): Promise<{ code: number; err: string }> {
  if (process.getuid?.() !== 0) return runBanyan(args);
  const folder = args.at(-1)!;
  chmodSync(join(folder, ".."), 0o755);
  const command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"];
  const child = Bun.spawn([...command, join(import.meta.dir, "../../banyan"), ...args], {
    stdout: "ignore",
    stderr: "pipe",
  });
  const [err, code] = await Promise.all([new Response(child.stderr).text(), child.exited]);
  return { code, err };
}
