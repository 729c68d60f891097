// The usual way among the peers; see bench/peers/socketio-postgres/server.mjs.

import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { socketIo } from "#bench/driver/dialect-peers.ts";
import { ask, type PeerDatabase, peerPostgres, startDatabase } from "#bench/peers/database.ts";
import { saidVersion, shown } from "./files.ts";
import { crowdPlaces } from "./peer-places.ts";
import { end, freePort, pinned, type Target, untilReady } from "./target.ts";

const manifest = join(import.meta.dir, "../../node_modules/socket.io/package.json");
const server = join(import.meta.dir, "../peers/socketio-postgres/server.mjs");

export const socketIoTarget: Target = {
  name: "socketio-postgres",
  title: "socket.io + PostgreSQL",
  role: "peer",
  promise: "acknowledged after the commit",
  version: () =>
    `${JSON.parse(readFileSync(manifest, "utf8")).version}, Node ${saidVersion(["node", "--version"])}`,
  configuration: () => [
    ...shown("bench/peers/socketio-postgres/server.mjs"),
    { title: "PostgreSQL", text: peerPostgres },
  ],
  missing: () => (Bun.which("node") ? null : "socketio-postgres runs on Node, and no `node` was found"),
  inFlight: { largeRoom: 100 },
  dialect: () => socketIo(),
  place: (kind, n) => `${kind}-${n}`,
  seat: (_, places) => ({ token: "", places }),
  crowd: (count) =>
    crowdPlaces(count).map((places) => ({ token: "", places: places.map((n) => `crowd-${n}`) })),
  async start({ cores, folder }) {
    mkdirSync(folder, { recursive: true });
    const database = await startDatabase(join(folder, "postgres"), cores);
    const port = await freePort();
    const log = join(folder, "socketio.log");
    const output = openSync(log, "w");
    const child = Bun.spawn(pinned(cores, ["node", server, String(port), database.socketFolder]), {
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
      archived: () => messagesIn(database),
      stop: () => stop("SIGTERM"),
      kill: () => stop("SIGKILL"),
    };
  },
};

async function messagesIn(database: PeerDatabase): Promise<number> {
  const [row] = await ask(database, "select count(*) messages from messages");
  return Number(row!.messages);
}
