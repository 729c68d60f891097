// A server of the run's own, embedded and with an empty data folder that is gone afterwards. The limits that protect a
// server from one address are lifted, as all people of the run come from here.

import { mkdirSync, openSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Subprocess } from "bun";
import { openDatabase } from "#bench/seeding/database.ts";
import { lifted } from "#bench/targets/banyan.ts";
import { end, freePort, pinned, untilReady } from "#bench/targets/target.ts";
import { artifacts, bun, root } from "#ops/root.ts";
import { watchProcesses } from "./server-watch.ts";
import { doorsOf, type LoadTarget } from "./target.ts";

const moreLifted = { BANYAN_SIGN_UPS_PER_HOUR: "1000000", BANYAN_LOG_FORMAT: "json" };
/** Beyond this many sockets one pair of addresses runs out of ports. */
const oneAddressMax = 20_000;

export interface OwnServer extends LoadTarget {
  readonly log: string;
}

export async function startOwnServer(sessions: number, keepLimits: boolean): Promise<OwnServer> {
  const folder = join(artifacts, "load", `server-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  const log = join(folder, "server.log");
  const port = await freePort();
  const host = sessions > oneAddressMax ? "0.0.0.0" : "127.0.0.1";
  const serve = [bun, join(root, "ops/main.ts"), "serve", "--data-dir", join(folder, "data")];
  const url = `http://127.0.0.1:${port}`;
  let child: Subprocess | null = null;
  const start = async () => {
    const output = openSync(log, "a");
    child = Bun.spawn(pinned(null, [...serve, "--host", host, "--port", String(port)]), {
      // A Ctrl-C at the terminal is for the run, which still needs its server.
      detached: true,
      stdin: "ignore",
      stdout: output,
      stderr: output,
      env: { ...process.env, ...(keepLimits ? {} : { ...lifted, ...moreLifted }) },
    });
    await untilReady(`${url}/health/ready`, child, log, 60_000);
  };
  process.on("exit", () => child?.kill("SIGTERM"));
  const stop = async (signal: NodeJS.Signals) => {
    if (child) await end(child, signal);
  };
  const restart = (signal: NodeJS.Signals) => async () => {
    await stop(signal);
    await start();
  };
  try {
    await start();
  } catch (error) {
    await stop("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
  return {
    url,
    doors: await doorsOf(url, false),
    topology: "embedded",
    log,
    watch: watchProcesses(() => ({ server: [child!.pid] })),
    metrics: { sources: [`${url}/metrics`], token: null },
    database: () => openDatabase(join(folder, "data")),
    faults: { "gateway lost": restart("SIGKILL"), "rolling deploy": restart("SIGTERM") },
    async stop() {
      await stop("SIGTERM");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
