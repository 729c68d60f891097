// Banyan itself, as `./banyan serve` starts it, with the limits lifted that protect it from one client's flood:
// under a closed loop each client is as fast as the server lets it be.

import { openSync } from "node:fs";
import { join } from "node:path";
import { banyanBinary } from "#bench/driver/dialect-banyan.ts";
import { messagesIn } from "#bench/seeding/database.ts";
import { journeyUsers, worldOf } from "#bench/seeding/world.ts";
import manifest from "../../package.json" with { type: "json" };
import { end, freePort, pinned, type Target, untilReady } from "./target.ts";

const door = join(import.meta.dir, "../../ops/main.ts");
/** One world for all runs: figures differ by what the server does, not by whom it serves. */
export const worldSeed = 7226;
const world = worldOf(worldSeed);

export const lifted = {
  BANYAN_COMMANDS_PER_SECOND: "1000000",
  BANYAN_COMMANDS_BURST: "1000000",
  BANYAN_REQUESTS_PER_MINUTE: "10000000",
  BANYAN_DRAIN_MS: "0",
  BANYAN_LOG_LEVEL: "warn",
};

const liftedText = Object.entries(lifted)
  .map(([name, value]) => `${name}=${value}`)
  .join("\n");

export const banyanTarget: Target = {
  name: "banyan",
  title: "Banyan",
  role: "ours",
  promise: "acknowledged after the commit",
  version: () => manifest.version,
  configuration: () => [
    {
      title: "beyond the defaults of `./banyan serve`, since each client of the driver is a flood",
      text: liftedText,
    },
  ],
  missing: () => null,
  dialect: (seed) => banyanBinary(seed),
  place: (kind, n) => {
    if (kind === "pair") return world.pair(n);
    return kind === "room" ? world.room(n) : world.largeRoom();
  },
  seat: (user, places) => ({ token: world.token(user), places }),
  crowd: (count) =>
    Array.from({ length: count }, (_, n) => ({ token: world.token(journeyUsers + n), places: [] })),
  async start({ cores, folder }) {
    const port = await freePort();
    const log = join(folder, "banyan.log");
    const output = openSync(log, "a");
    const profile = process.env.BENCH_PROFILE
      ? ["--cpu-prof", "--cpu-prof-md", "--cpu-prof-dir", process.env.BENCH_PROFILE]
      : [];
    const serve = [process.execPath, ...profile, door, "serve", "--data-dir", folder, "--host", "0.0.0.0"];
    const child = Bun.spawn(pinned(cores, [...serve, "--port", String(port)]), {
      stdin: "ignore",
      stdout: output,
      stderr: output,
      env: { ...process.env, ...lifted },
    });
    await untilReady(`http://127.0.0.1:${port}/health/ready`, child, log);
    return {
      port,
      pids: [child.pid],
      archived: () => messagesIn({ folder }),
      stop: () => end(child, "SIGTERM"),
      kill: () => end(child, "SIGKILL"),
    };
  },
};
