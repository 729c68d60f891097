// The floor among the peers; see bench/peers/raw-publish/server.ts.

import { openSync } from "node:fs";
import { join } from "node:path";
import { rawPublish } from "#bench/driver/dialect-peers.ts";
import { shown } from "./files.ts";
import { crowdPlaces } from "./peer-places.ts";
import { end, freePort, pinned, type Target, untilReady } from "./target.ts";

const server = join(import.meta.dir, "../peers/raw-publish/server.ts");
const firstOf = { pair: 1_000_000, room: 2_000_000, largeRoom: 3_000_000 };

export const rawPublishTarget: Target = {
  name: "raw-publish",
  title: "bare publish (floor)",
  role: "limit",
  promise: "acknowledged when published; nothing is kept",
  version: () => `Bun ${Bun.version}`,
  configuration: () => shown("bench/peers/raw-publish/server.ts"),
  missing: () => null,
  dialect: () => rawPublish(),
  place: (kind, n) => String(firstOf[kind] + n),
  seat: (_, places) => ({ token: "", places }),
  crowd: (count) => crowdPlaces(count).map((places) => ({ token: "", places: places.map(String) })),
  async start({ cores, folder }) {
    const port = await freePort();
    const log = join(folder, "raw-publish.log");
    const output = openSync(log, "w");
    const child = Bun.spawn(pinned(cores, [process.execPath, server, String(port)]), {
      stdin: "ignore",
      stdout: output,
      stderr: output,
    });
    await untilReady(`http://127.0.0.1:${port}/`, child, log);
    return {
      port,
      pids: [child.pid],
      stop: () => end(child, "SIGTERM"),
      kill: () => end(child, "SIGKILL"),
    };
  },
};
