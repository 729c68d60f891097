// A PostgreSQL as an operator has it: Debian's, on loopback TCP with a password, in a folder of its own; and
// streaming replicas of it. What it is told to suffer (pause, kill) it suffers with all of its processes.

import {
  chownSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { SQL } from "bun";
import { chooseRunAs, type RunAs } from "#adapters/postgres/embedded/run-as.ts";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { endWithTests } from "#tests/parts/ending.ts";
import { freePorts } from "#tests/parts/ports.ts";
import { until } from "#tests/parts/until.ts";

export interface PostgresPart {
  readonly port: number;
  /** What it calls itself to its primary. */
  readonly name: string;
  readonly folder: string;
  url(database?: string): string;
  /** One statement as superuser, on a connection of its own. */
  query(text: string, database?: string): Promise<Record<string, any>[]>;
  newDatabase(): Promise<string>;
  /** Stops all its processes where they are (SIGSTOP), so that its connections hang; `resume` lets them go on. */
  pause(): void;
  resume(): void;
  /** As a power cut of the process: nothing is said to anyone. */
  kill9(): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Ends it and takes its folder away. */
  stop(): Promise<void>;
}

const username = "postgres";
const password = "loopback";

/** As a cluster's members are set up (ops/cluster), but small. */
const settings: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  wal_level: "logical",
  max_connections: "100",
  max_wal_senders: "10",
  max_replication_slots: "10",
  wal_keep_size: "256MB",
  hot_standby: "on",
  hot_standby_feedback: "on",
  shared_buffers: "64MB",
  jit: "off",
  log_min_error_statement: "panic",
  timezone: "UTC",
};

export async function startPostgres(further: Record<string, string> = {}): Promise<PostgresPart> {
  const place = newPlace("primary", further);
  const pwfile = join(place.home, "password");
  writeFileSync(pwfile, password);
  give(place, pwfile);
  const auth = ["--auth=scram-sha-256", `--pwfile=${pwfile}`];
  const locale = ["--locale=C.UTF-8", "--encoding=UTF8"];
  await finish(place, "initdb", ["-D", place.folder, "-U", username, "--no-sync", ...auth, ...locale]);
  return started(place);
}

export interface ReplicaOptions {
  readonly name?: string;
  /** The primary answers a commit when this replica has it on its disk. */
  readonly synchronous?: boolean;
}

export async function startReplica(
  primary: PostgresPart,
  options: ReplicaOptions = {},
): Promise<PostgresPart> {
  const name = options.name ?? "replica";
  const conninfo = `host=127.0.0.1 port=${primary.port} user=${username} password=${password} application_name=${name}`;
  const place = newPlace(name, { primary_conninfo: conninfo });
  await finish(place, "pg_basebackup", [
    "-D",
    place.folder,
    "-d",
    conninfo,
    "-R",
    "-X",
    "stream",
    "-c",
    "fast",
    "-N",
  ]);
  const replica = await started(place);
  if (options.synchronous) await makeSynchronous(primary, name);
  return replica;
}

async function makeSynchronous(primary: PostgresPart, name: string): Promise<void> {
  await primary.query(`alter system set synchronous_standby_names = '${name}'`);
  await primary.query("select pg_reload_conf()");
  await until(`${name} is synchronous`, async () => {
    const rows = await primary.query("select 1 from pg_stat_replication where sync_state = 'sync'");
    return rows.length > 0;
  });
}

interface Place {
  readonly name: string;
  readonly home: string;
  readonly folder: string;
  readonly port: number;
  readonly bin: string;
  readonly runAs: RunAs;
  readonly settings: Record<string, string>;
}

function newPlace(name: string, further: Record<string, string>): Place {
  const home = mkdtempSync(join(tmpdir(), "banyan-pg15-"));
  const bin = dirname(binaryOf("postgres"));
  const runAs = chooseRunAs(home, [join(bin, "postgres")]);
  const folder = join(home, "data");
  mkdirSync(folder, { mode: 0o700 });
  const place = {
    name,
    home,
    folder,
    port: freePorts(1)[0]!,
    bin,
    runAs,
    settings: { ...settings, ...further },
  };
  give(place, home);
  give(place, folder);
  return place;
}

function give(place: Place, path: string): void {
  if (place.runAs.owner) chownSync(path, place.runAs.owner.uid, place.runAs.owner.gid);
}

async function finish(place: Place, tool: string, parameters: readonly string[]): Promise<void> {
  const command = place.runAs.wrap([join(place.bin, tool), ...parameters], { dieWithUs: true });
  const child = Bun.spawn(command, { stdin: "ignore", stdout: "ignore", stderr: "pipe", cwd: "/" });
  const [code, output] = await Promise.all([child.exited, new Response(child.stderr).text()]);
  if (code !== 0) throw new Error(`${tool} ended with ${code}: ${output}`);
}

async function started(place: Place): Promise<PostgresPart> {
  const part = new Part(place);
  try {
    await part.start();
    return part;
  } catch (error) {
    await part.stop();
    throw error;
  }
}

class Part implements PostgresPart {
  readonly #place: Place;
  readonly #letEnd: () => void;
  #postmaster: Bun.Subprocess | null = null;
  #databases = 0;

  constructor(place: Place) {
    this.#place = place;
    this.#letEnd = endWithTests(() => {
      this.#killAll();
      this.#forget();
    });
  }

  get port(): number {
    return this.#place.port;
  }

  get name(): string {
    return this.#place.name;
  }

  get folder(): string {
    return this.#place.home;
  }

  url(database = "postgres"): string {
    return `postgres://${username}:${password}@127.0.0.1:${this.port}/${database}`;
  }

  async query(text: string, database?: string): Promise<Record<string, any>[]> {
    const sql = new SQL({
      adapter: "postgres",
      url: this.url(database),
      max: 1,
      connectionTimeout: 2,
    } as never);
    try {
      return await sql.unsafe(text);
    } finally {
      await sql.close();
    }
  }

  async newDatabase(): Promise<string> {
    const name = `made_${++this.#databases}`;
    await this.query(`create database ${name}`);
    return name;
  }

  pause(): void {
    for (const pid of this.#processes()) signal(pid, "SIGSTOP");
  }

  resume(): void {
    for (const pid of this.#processes().reverse()) signal(pid, "SIGCONT");
  }

  async kill9(): Promise<void> {
    this.#killAll();
    await this.#postmaster?.exited;
    this.#postmaster = null;
    rmSync(join(this.#place.folder, "postmaster.pid"), { force: true });
  }

  async start(): Promise<void> {
    const { bin, folder, port, home, runAs } = this.#place;
    const asOptions = Object.entries({ ...this.#place.settings, unix_socket_directories: home }).flatMap(
      ([name, value]) => ["-c", `${name}=${value}`],
    );
    const command = [join(bin, "postgres"), "-D", folder, "-p", String(port), ...asOptions];
    const log = openSync(join(home, "log"), "a");
    const wrapped = runAs.wrap(command, { dieWithUs: true });
    const child = Bun.spawn(wrapped, { stdin: "ignore", stdout: log, stderr: log, cwd: "/" });
    this.#postmaster = child;
    await until(`${this.name} takes connections`, async () => {
      if (child.exitCode !== null) throw new Error(this.#log());
      return this.#answers();
    });
  }

  async restart(): Promise<void> {
    await this.#end("SIGINT");
    await this.start();
  }

  /** Nothing of it is needed any more: it may end as fast as it can. */
  async stop(): Promise<void> {
    await this.#end("SIGQUIT");
    this.#letEnd();
    this.#forget();
  }

  #killAll(): void {
    for (const pid of this.#processes()) signal(pid, "SIGKILL");
  }

  /** Processes that were killed a moment ago may still write. */
  #forget(): void {
    rmSync(this.#place.home, { recursive: true, force: true, maxRetries: 5 });
  }

  async #end(how: "SIGINT" | "SIGQUIT"): Promise<void> {
    if (!this.#postmaster) return;
    this.resume();
    this.#postmaster.kill(how);
    const killing = setTimeout(() => void this.kill9(), 10_000);
    await this.#postmaster?.exited;
    clearTimeout(killing);
    this.#postmaster = null;
  }

  async #answers(): Promise<boolean> {
    return this.query("select 1").then(
      () => true,
      () => false,
    );
  }

  /** The postmaster first, so that it makes no more while the others are stopped. */
  #processes(): number[] {
    const postmaster = this.#postmaster?.pid;
    if (!postmaster) return [];
    const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
    return [postmaster, ...all.map(Number).filter((pid) => parentOf(pid) === postmaster)];
  }

  #log(): string {
    const text = readFileSync(join(this.#place.home, "log"), "utf8");
    return `PostgreSQL (${this.#place.name}) did not start: ${text.slice(-2000)}`;
  }
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return null;
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended by itself.
  }
}
