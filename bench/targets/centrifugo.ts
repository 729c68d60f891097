// Centrifugo from the Go module registry, in front of a backend that stores; see bench/peers/centrifugo.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { centrifugo } from "#bench/driver/dialect-centrifugo.ts";
import { ask, peerPostgres, startDatabase } from "#bench/peers/database.ts";
import { builtPeer, builtVersion, filled, installPeers, shown } from "./files.ts";
import { crowdPlaces } from "./peer-places.ts";
import { running, startPeer } from "./peer-process.ts";
import { end, freePort, type Target } from "./target.ts";

const program = builtPeer("centrifugo");
const configurationFile = "bench/peers/centrifugo/config.json";
const backend = join(import.meta.dir, "../peers/centrifugo/backend.ts");

export const centrifugoTarget: Target = {
  name: "centrifugo",
  title: "Centrifugo + PostgreSQL",
  role: "peer",
  promise: "acknowledged after the commit of the backend behind its publish proxy",
  version: () => builtVersion("centrifugo"),
  configuration: () => [
    ...shown(configurationFile, "bench/peers/centrifugo/backend.ts"),
    { title: "PostgreSQL", text: peerPostgres },
    {
      title: "how it is used",
      text:
        "WebSocket, JSON protocol. Centrifugo keeps no messages for good by itself: as its documentation advises, its " +
        "publish proxy asks the application's backend, which stores. No tokens. An idle session has 50 subscriptions.",
    },
  ],
  missing: () => (existsSync(program) ? null : `Centrifugo is not here: ${installPeers}`),
  inFlight: { largeRoom: 100 },
  dialect: () => centrifugo(),
  place: (kind, n) => `${kind}-${n}`,
  seat: (_, places) => ({ token: "", places }),
  crowd: (count) =>
    crowdPlaces(count).map((places) => ({ token: "", places: places.map((n) => `crowd-${n}`) })),
  async start({ cores, folder }) {
    mkdirSync(folder, { recursive: true });
    const database = await startDatabase(join(folder, "postgres"), cores);
    const [port, backendPort] = [await freePort(), await freePort()];
    const store = await startPeer({
      command: [process.execPath, backend, String(backendPort), join(database.socketFolder, ".s.PGSQL.5432")],
      cores,
      log: join(folder, "backend.log"),
      port: backendPort,
    });
    await ask(database, "truncate messages");
    const configuration = join(folder, "config.json");
    writeFileSync(configuration, filled(configurationFile, { port, backendPort }));
    const child = await startPeer({
      command: [program, "--config", configuration],
      cores,
      log: join(folder, "centrifugo.log"),
      port,
    });
    const archived = async () =>
      Number((await ask(database, "select count(*) messages from messages"))[0]!.messages);
    const server = running(port, child, database, { archived });
    return {
      ...server,
      pids: [...server.pids, store.pid],
      stop: () => end(store, "SIGTERM").then(server.stop),
      kill: () => end(store, "SIGKILL").then(server.kill),
    };
  },
};
