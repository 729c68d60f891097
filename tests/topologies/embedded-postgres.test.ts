// The embedded PostgreSQL as its users meet it: first and later starts, crashes of either side, and every
// hindrance with the words that a person gets.

import { afterEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { SQL } from "bun";
import { fromFileError, fromServerLog } from "#adapters/postgres/embedded/failure.ts";
import { isAlive, processesOf } from "#adapters/postgres/embedded/processes.ts";
import type { EmbeddedPostgres } from "#adapters/postgres/embedded/start.ts";
import { openPostgres } from "#adapters/postgres/open.ts";
import { until } from "#tests/parts/until.ts";
import { dataDirectories, eventsOf } from "./data-directory.ts";
import { namesIn, newRoom, writeWithoutPause } from "./writers.ts";

setDefaultTimeout(60_000);

const directories = dataDirectories();
const launchers: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const launcher of launchers.splice(0)) {
    launcher.kill("SIGKILL");
    await launcher.exited;
  }
  await directories.end();
});

async function ask(postgres: EmbeddedPostgres, text: string): Promise<any> {
  const path = join(postgres.socketDir, ".s.PGSQL.5432");
  const { username, database } = postgres;
  const sql = new SQL({ adapter: "postgres", path, username, database, max: 1 } as never);
  try {
    return (await sql.unsafe(text))[0];
  } finally {
    await sql.close();
  }
}

/** Starts a process that runs PostgreSQL in `dataDir`; fulfils with both process numbers. */
async function launch(dataDir: string): Promise<{ launcher: Bun.Subprocess; postgresPid: number }> {
  const script = join(import.meta.dir, "launcher.ts");
  const launcher = Bun.spawn([process.execPath, script, dataDir], { stdout: "pipe", stderr: "inherit" });
  launchers.push(launcher);
  const first = await launcher.stdout.getReader().read();
  return { launcher, postgresPid: Number(new TextDecoder().decode(first.value)) };
}

describe("starting", () => {
  test("a new cluster is durable, private and checked; the next start finds its data", async () => {
    const dataDir = await directories.make();
    const events = eventsOf();
    const before = performance.now();
    const first = await directories.start(dataDir, { onEvent: events.onEvent });
    const firstMs = performance.now() - before;
    expect(first.isNew).toBe(true);
    expect(events.seen.map((event) => event.kind)).toEqual(["creating", "starting", "ready"]);
    const settings = await ask(
      first,
      `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
        current_setting('data_checksums') as checksums, current_setting('listen_addresses') as addresses,
        current_setting('server_encoding') as encoding, lower('ÄÖÉ') as lower, 'B' < 'a' as bytewise`,
    );
    expect(settings).toEqual({
      fsync: "on",
      commit: "on",
      checksums: "on",
      addresses: "",
      encoding: "UTF8",
      lower: "äöé",
      bytewise: true,
    });
    for (const folder of [first.socketDir, join(dataDir, "postgres")])
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    await ask(first, "create table kept (value int)");
    await first.stop();
    const again = performance.now();
    const second = await directories.start(dataDir);
    const againMs = performance.now() - again;
    expect(second.isNew).toBe(false);
    expect(await ask(second, "select count(*)::int as n from kept")).toEqual({ n: 0 });
    console.log(`embedded PostgreSQL: first start ${firstMs.toFixed(0)} ms, later ${againMs.toFixed(0)} ms`);
    // The bars (1,200 and 300 ms) are for a quiet machine; tests share theirs.
    expect(firstMs).toBeLessThan(6000);
    expect(againMs).toBeLessThan(3000);
  });

  test("it runs as another user when we are root, in a session of its own", async () => {
    const postgres = await directories.start(await directories.make());
    const facts = (what: string) =>
      Bun.spawnSync(["ps", "-o", `${what}=`, "-p", String(postgres.pid())])
        .stdout.toString()
        .trim();
    const us = process.getuid!();
    if (us === 0) expect(facts("uid")).not.toBe("0");
    else expect(facts("uid")).toBe(String(us));
    expect(facts("pgid")).toBe(String(postgres.pid()));
  });

  test("a data directory with a long path has its socket in a short private folder", async () => {
    const dataDir = join(await directories.make(), "long".repeat(30));
    const postgres = await directories.start(dataDir);
    expect(postgres.socketDir.length).toBeLessThan(90);
    expect(statSync(postgres.socketDir).mode & 0o777).toBe(0o700);
    expect(await ask(postgres, "select 1 as one")).toEqual({ one: 1 });
    await postgres.stop();
    rmSync(postgres.socketDir, { recursive: true });
  });

  test("a data directory inside a folder that hides it from others works too", async () => {
    const hidden = join(await directories.make(), "hidden");
    await mkdir(hidden, { mode: 0o700 });
    const postgres = await directories.start(join(hidden, "data"));
    expect(await ask(postgres, "select 1 as one")).toEqual({ one: 1 });
  });

  test("what a crash left of a half-made cluster is thrown away", async () => {
    const dataDir = await directories.make();
    const half = join(dataDir, "postgres.unfinished");
    await mkdir(half);
    writeFileSync(join(half, "PG_VERSION"), "18\n");
    expect((await directories.start(dataDir)).isNew).toBe(true);
    expect(existsSync(half)).toBe(false);
  });
});

describe("crashes", () => {
  test("[L1] [P8] killed under writers that never pause, it comes back by itself with all that was acknowledged", async () => {
    const events = eventsOf();
    const postgres = await directories.start(await directories.make(), { onEvent: events.onEvent });
    const ports = await openPostgres({ socketDir: postgres.socketDir, emojiPerMessageMax: 5 });
    const rooms = await Promise.all(Array.from({ length: 64 }, () => newRoom(ports)));
    const writers = rooms.map((room) => writeWithoutPause(ports, room));
    for (let kill = 0; kill < 3; kill++) {
      await allWriteOn();
      const back = events.next("ready");
      const killed = performance.now();
      process.kill(postgres.pid()!, "SIGKILL");
      await back;
      console.log(`embedded PostgreSQL: killed, back after ${(performance.now() - killed).toFixed(0)} ms`);
    }
    await allWriteOn();
    await Promise.all(writers.map((writer) => writer.stop()));
    expect(writers.some((writer) => writer.failures() > 0)).toBe(true);
    for (const writer of writers) expect(await namesIn(ports, writer.room)).toEqual([...writer.names]);
    await ports.close();

    async function allWriteOn() {
      const before = writers.map((writer) => writer.names.length);
      await until("all write on", () =>
        writers.every((writer, index) => writer.names.length > before[index]! + 2),
      );
    }
  });

  test("its launcher killed, the server ends too, and the next start goes on", async () => {
    const dataDir = await directories.make();
    const { launcher, postgresPid } = await launch(dataDir);
    launcher.kill("SIGKILL");
    await launcher.exited;
    const postgres = await directories.start(dataDir);
    expect(postgres.pid()).not.toBe(postgresPid);
    expect(await ask(postgres, "select 1 as one")).toEqual({ one: 1 });
  });

  test("launcher and server killed at once, the next start goes on, time after time", async () => {
    const dataDir = await directories.make();
    for (let round = 0; round < 3; round++) {
      const { launcher, postgresPid } = await launch(dataDir);
      launcher.kill("SIGKILL");
      process.kill(postgresPid, "SIGKILL");
      await launcher.exited;
    }
    const postgres = await directories.start(dataDir);
    expect(await ask(postgres, "select 1 as one")).toEqual({ one: 1 });
  });

  test("a lock file whose number is another program's by now does not hinder", async () => {
    const dataDir = await directories.make();
    await (await directories.start(dataDir)).stop();
    const other = Bun.spawn(["sleep", "60"]);
    const lock = `${other.pid}\n${dataDir}/postgres\n0\n5432\n\n\n\nready\n`;
    writeFileSync(join(dataDir, "postgres", "postmaster.pid"), lock);
    const postgres = await directories.start(dataDir);
    expect(await ask(postgres, "select 1 as one")).toEqual({ one: 1 });
    expect(isAlive(other.pid)).toBe(true);
    other.kill();
    await other.exited;
  });

  test("stopped, nothing of it runs on, and stopping twice is once", async () => {
    const dataDir = await directories.make();
    const postgres = await directories.start(dataDir);
    await Promise.all([postgres.stop(), postgres.stop()]);
    expect(postgres.pid()).toBeNull();
    expect(processesOf(join(dataDir, "postgres"), "banyan")).toEqual([]);
    expect(existsSync(join(dataDir, "postgres", "postmaster.pid"))).toBe(false);
  });
});

describe("hindrances, each with its remedy", () => {
  async function expectFailure(dataDir: string, code: string, words: string, options = {}) {
    const failure = await directories.start(dataDir, options).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ name: "EmbeddedFailure", code });
    expect((failure as Error).message).toContain(words);
  }

  test("in use, by another process or by this one", async () => {
    const dataDir = await directories.make();
    const { launcher, postgresPid } = await launch(dataDir);
    await expectFailure(dataDir, "in_use", `process ${launcher.pid}`);
    expect(isAlive(postgresPid)).toBe(true);
    const own = await directories.make();
    await directories.start(own);
    await expectFailure(own, "in_use", "Stop that one");
  });

  test("no binaries", async () => {
    const binariesFolder = await directories.make();
    const remedy = "npm ci --include=optional";
    await expectFailure(await directories.make(), "binaries_missing", remedy, { binariesFolder });
  });

  test("a data directory that cannot be written", async () => {
    const file = join(await directories.make(), "file");
    writeFileSync(file, "");
    await expectFailure(join(file, "data"), "not_writable", "choose another data directory");
    for (const code of ["EACCES", "EPERM", "EROFS"])
      expect(fromFileError({ code }, "/data")).toMatchObject({ code: "not_writable" });
    const words = 'FATAL:  could not open file "x": Read-only file system';
    expect(fromServerLog(words, "/data")).toMatchObject({ code: "not_writable" });
  });

  test("a full disk", () => {
    const words = 'FATAL:  could not write lock file "postmaster.pid": No space left on device';
    for (const failure of [fromServerLog(words, "/data"), fromFileError({ code: "ENOSPC" }, "/data")]) {
      expect(failure).toMatchObject({ code: "disk_full" });
      expect(failure!.message).toContain("Nothing is lost: free some space");
    }
  });

  test("data of another major version", async () => {
    const dataDir = await directories.make();
    await mkdir(join(dataDir, "postgres"));
    writeFileSync(join(dataDir, "postgres", "PG_VERSION"), "17\n");
    await expectFailure(dataDir, "other_version", "written by PostgreSQL 17");
  });

  test("damaged: a folder without a cluster, a lost log, a cut and a lost control file", async () => {
    const empty = await directories.make();
    await mkdir(join(empty, "postgres"));
    await expectFailure(empty, "damaged", "restore the last backup");
    const dataDir = await directories.make();
    const folder = join(dataDir, "postgres");
    await (await directories.start(dataDir)).stop();
    rmSync(join(folder, "pg_wal"), { recursive: true });
    await expectFailure(dataDir, "damaged", "restore the last backup");
    truncateSync(join(folder, "global", "pg_control"), 100);
    await expectFailure(dataDir, "damaged", "restore the last backup");
    rmSync(join(folder, "global", "pg_control"));
    await expectFailure(dataDir, "damaged", "restore the last backup");
  });
});
