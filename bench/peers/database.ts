// A PostgreSQL of the peer's own, from the same binaries as Banyan's, with PostgreSQL's own defaults (fsync on),
// because that is what the usual chat server runs on.

import { chmodSync, chownSync, existsSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { SQL, type Subprocess } from "bun";
import { findBinaries } from "#adapters/postgres/embedded/binaries.ts";
import { chooseRunAs } from "#adapters/postgres/embedded/run-as.ts";
import { pinned } from "#bench/targets/target.ts";

export interface PeerDatabase {
  readonly child: Subprocess;
  readonly socketFolder: string;
  /** On loopback; null: it has the Unix socket only. */
  readonly port: number | null;
}

/** For people who doubt the figures. */
export const peerPostgres =
  "PostgreSQL's own defaults (fsync on, synchronous_commit on, shared_buffers 128 MB), from the same binaries as Banyan's; max_connections 200";

/** `port`: for peers that cannot speak over a Unix socket. */
export async function startDatabase(
  folder: string,
  cores: string | null,
  port: number | null = null,
): Promise<PeerDatabase> {
  const binaries = findBinaries();
  const data = join(folder, "data");
  const socketFolder = join(folder, "run");
  const runAs = chooseRunAs(folder, [binaries.postgres, data]);
  for (const path of [folder, data, socketFolder]) {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    if (runAs.owner) chownSync(path, runAs.owner.uid, runAs.owner.gid);
    chmodSync(path, 0o700);
  }
  if (!existsSync(join(data, "PG_VERSION"))) {
    const init = [binaries.initdb, "-D", data, "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C"];
    const done = Bun.spawnSync(runAs.wrap(init, { dieWithUs: true }), { stdout: "pipe", stderr: "pipe" });
    if (done.exitCode !== 0) throw new Error(`initdb failed: ${done.stderr.toString()}`);
  }
  const output = openSync(join(folder, "postgres.log"), "a");
  const listen = port === null ? ["-h", ""] : ["-h", "127.0.0.1", "-p", String(port)];
  const postgres = [
    binaries.postgres,
    "-D",
    data,
    "-k",
    socketFolder,
    "-c",
    "max_connections=200",
    ...listen,
  ];
  const child = Bun.spawn(pinned(cores, runAs.wrap(postgres, { dieWithUs: true })), {
    stdin: "ignore",
    stdout: output,
    stderr: output,
  });
  const database = { child, socketFolder, port };
  await untilAnswers(database);
  return database;
}

/** The bench's own statement in it, as its superuser; several may stand in one text. */
export async function ask(
  { socketFolder, port }: PeerDatabase,
  statement: string,
  database = "postgres",
): Promise<readonly Record<string, unknown>[]> {
  const path = join(socketFolder, `.s.PGSQL.${port ?? 5432}`);
  const sql = new SQL({ adapter: "postgres", path, username: "postgres", database, max: 1 } as never);
  try {
    return await sql.unsafe(statement);
  } finally {
    await sql.close();
  }
}

/** Until it answers a statement: its socket is there earlier. */
async function untilAnswers(database: PeerDatabase): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline && database.child.exitCode === null) {
    const answer = await ask(database, "select 1").catch(() => null);
    if (answer) return;
    await Bun.sleep(20);
  }
  throw new Error("the peer's PostgreSQL did not start; see postgres.log in its folder");
}
