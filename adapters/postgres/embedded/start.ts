// The embedded PostgreSQL: made on first use, started, kept alive, stopped. Promises that after `start` it takes
// connections on its Unix socket, that what dies comes back by itself, and that `stop` leaves a clean cluster.

import { mkdirSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { findBinaries } from "./binaries.ts";
import { claim } from "./claim.ts";
import { ensureCluster, makePrivateFolder, superuser } from "./cluster-files.ts";
import { fromFileError } from "./failure.ts";
import { thisMachine } from "./machine.ts";
import { placeIn } from "./place.ts";
import { type Postmaster, startPostmaster } from "./postmaster.ts";
import { chooseRunAs } from "./run-as.ts";
import { settingsFor, settingsOfEighteen } from "./settings.ts";

export type EmbeddedEvent =
  | { readonly kind: "creating" }
  | { readonly kind: "starting" }
  | { readonly kind: "ready"; readonly tookMs: number; readonly pid: number }
  | { readonly kind: "died"; readonly exitCode: number; readonly againInMs: number }
  | { readonly kind: "restart_failed"; readonly error: Error; readonly againInMs: number };

export interface EmbeddedOptions {
  readonly dataDir: string;
  readonly onEvent?: (event: EmbeddedEvent) => void;
  /** A folder with bin/initdb and bin/postgres, instead of the npm package's. */
  readonly binariesFolder?: string;
  /** Further settings or others, for tests. */
  readonly settings?: Record<string, string>;
}

export interface EmbeddedPostgres {
  readonly socketDir: string;
  readonly username: string;
  readonly database: string;
  readonly logFile: string;
  /** True when the cluster was made by this start. */
  readonly isNew: boolean;
  /** The server's process; null while it is down. */
  pid(): number | null;
  /** Fulfils when it has stopped; twice is once. */
  stop(): Promise<void>;
}

/** One that runs in this process, and how many have it open. */
interface Running {
  readonly postgres: EmbeddedPostgres;
  users: number;
  holds: number;
}

const running = new Map<string, Running>();

const stopWithinMs = 20_000;
const backoffMs = [0, 50, 100, 250, 500, 1000, 2000, 5000];
const steadyAfterMs = 3_000;

export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = prepare(options.dataDir);
  const there = running.get(dataDir);
  if (there && there.holds > 0) return share(there);
  return share(await run(dataDir, options));
}

/**
 * Keeps it running over a close and a new `startEmbedded` in this process, which then share it: it stops when the
 * last of them has. Starts it where it does not run yet.
 */
export async function holdEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const dataDir = prepare(options.dataDir);
  const held = running.get(dataDir) ?? (await run(dataDir, options));
  held.holds++;
  return share(held, () => held.holds--);
}

function share(one: Running, released: () => void = () => {}): EmbeddedPostgres {
  one.users++;
  let stopped: Promise<void> | null = null;
  const leave = () => {
    released();
    one.users--;
    return one.users === 0 ? one.postgres.stop() : Promise.resolve();
  };
  return {
    ...one.postgres,
    stop() {
      stopped ??= leave();
      return stopped;
    },
  };
}

async function run(dataDir: string, options: EmbeddedOptions): Promise<Running> {
  const place = placeIn(dataDir);
  const { folder, socketFolder } = place;
  const tell = options.onEvent ?? (() => {});
  const binaries = findBinaries(options.binariesFolder);
  const claimed = claim(folder);
  try {
    const runAs = chooseRunAs(folder, [
      binaries.postgres,
      join(folder, "PG_VERSION"),
      join(socketFolder, "s"),
    ]);
    const isNew = await ensureCluster(folder, binaries, runAs, () => tell({ kind: "creating" }));
    makePrivateFolder(socketFolder, runAs);
    const settings = { ...settingsFor(thisMachine(), place), ...settingsOfEighteen, ...options.settings };
    const keeper = new Keeper(() => startPostmaster(place, binaries, runAs, settings), tell);
    await keeper.start();
    const postgres: EmbeddedPostgres = {
      socketDir: socketFolder,
      username: superuser,
      database: "postgres",
      logFile: place.logFile,
      isNew,
      pid: () => keeper.pid(),
      stop: () =>
        keeper.stop().finally(() => {
          running.delete(dataDir);
          claimed.release();
        }),
    };
    const one = { postgres, users: 0, holds: 0 };
    running.set(dataDir, one);
    return one;
  } catch (error) {
    claimed.release();
    throw error;
  }
}

function prepare(path: string): string {
  const dataDir = resolve(path);
  try {
    mkdirSync(dataDir, { recursive: true });
    return realpathSync(dataDir);
  } catch (error) {
    throw fromFileError(error, dataDir);
  }
}

type State =
  | { readonly is: "down" }
  | { readonly is: "up"; readonly postmaster: Postmaster; readonly since: number }
  | { readonly is: "waiting"; readonly timer: Timer }
  | { readonly is: "stopped"; readonly done: Promise<void> };

/** Runs one postmaster after another until it is stopped. */
class Keeper {
  private state: State = { is: "down" };
  private attempt = 0;
  private starting: Promise<void> | null = null;

  constructor(
    private readonly run: () => Promise<Postmaster>,
    private readonly tell: (event: EmbeddedEvent) => void,
  ) {}

  pid(): number | null {
    return this.state.is === "up" ? this.state.postmaster.pid : null;
  }

  start(): Promise<void> {
    this.starting = this.startOnce().finally(() => {
      this.starting = null;
    });
    return this.starting;
  }

  async stop(): Promise<void> {
    if (this.state.is === "stopped") return this.state.done;
    const before = this.state;
    const ended = Promise.withResolvers<void>();
    this.state = { is: "stopped", done: ended.promise };
    if (before.is === "waiting") clearTimeout(before.timer);
    if (before.is === "up") await end(before.postmaster);
    // A start that was under way ends what it started, since the state says so.
    await this.starting?.catch(() => {});
    ended.resolve();
  }

  private async startOnce(): Promise<void> {
    const began = performance.now();
    this.tell({ kind: "starting" });
    const postmaster = await this.run();
    if (this.state.is === "stopped") return end(postmaster);
    this.state = { is: "up", postmaster, since: performance.now() };
    this.tell({ kind: "ready", tookMs: performance.now() - began, pid: postmaster.pid });
    void postmaster.exited.then((exitCode) => this.died(exitCode));
  }

  private died(exitCode: number): void {
    if (this.state.is !== "up") return;
    if (performance.now() - this.state.since > steadyAfterMs) this.attempt = 0;
    const againInMs = this.wait();
    this.tell({ kind: "died", exitCode, againInMs });
  }

  private wait(): number {
    const againInMs = backoffMs[Math.min(this.attempt, backoffMs.length - 1)]!;
    this.attempt++;
    const timer = setTimeout(() => {
      this.state = { is: "down" };
      this.start().catch((error: Error) => {
        if (this.state.is === "stopped") return;
        this.tell({ kind: "restart_failed", error, againInMs: this.wait() });
      });
    }, againInMs);
    this.state = { is: "waiting", timer };
    return againInMs;
  }
}

/** Fast shutdown: ends connections and writes a checkpoint. Past the deadline at once, to be recovered later. */
async function end(postmaster: Postmaster): Promise<void> {
  postmaster.signal("SIGINT");
  const late = setTimeout(() => postmaster.signal("SIGQUIT"), stopWithinMs);
  await postmaster.exited;
  clearTimeout(late);
}
