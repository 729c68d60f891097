// The usual way among the peers; see bench/peers/socketio-postgres/server.mjs.

import { mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { socketIo } from "#bench/driver/dialect-peers.ts";
import { startDatabase } from "#bench/peers/socketio-postgres/database.ts";
import { crowdPlaces } from "./peer-places.ts";
import { end, freePort, pinned, type Target, untilReady } from "./target.ts";

const server = join(import.meta.dir, "../peers/socketio-postgres/server.mjs");

export const socketIoTarget: Target = {
  name: "socketio-postgres",
  dialect: () => socketIo(),
  place: (kind, n) => `${kind}-${n}`,
  seat: (_, places) => ({ token: "", places }),
  crowd: (count) =>
    crowdPlaces(count).map((places) => ({ token: "", places: places.map((n) => `crowd-${n}`) })),
  async start({ cores, folder }) {
    const node = Bun.which("node");
    if (!node) throw new Error("the peer socketio-postgres runs on Node, and no `node` was found");
    mkdirSync(folder, { recursive: true });
    const database = await startDatabase(join(folder, "postgres"), cores);
    const port = await freePort();
    const log = join(folder, "socketio.log");
    const output = openSync(log, "w");
    const child = Bun.spawn(pinned(cores, [node, server, String(port), database.socketFolder]), {
      stdin: "ignore",
      stdout: output,
      stderr: output,
      env: { ...process.env, NODE_ENV: "production" },
    });
    await untilReady(`http://127.0.0.1:${port}/`, child, log);
    const stop = async (signal: NodeJS.Signals) => {
      await end(child, signal);
      await end(database.child, "SIGINT");
    };
    return {
      port,
      pids: [child.pid, database.child.pid],
      stop: () => stop("SIGTERM"),
      kill: () => stop("SIGKILL"),
    };
  },
};
