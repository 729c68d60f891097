// The limit of one thread on this machine; see bench/limits/epoll.c, which the system's own compiler makes at the start.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { rawPublish } from "#bench/driver/dialect-peers.ts";
import { saidVersion, shown } from "./files.ts";
import { running, startPeer } from "./peer-process.ts";
import { rawPublishTarget } from "./raw-publish.ts";
import { freePort, type Target } from "./target.ts";

const source = join(import.meta.dir, "../limits/epoll.c");
const flags = ["-O2", "-Wall"];

export const cEpollTarget: Target = {
  ...rawPublishTarget,
  name: "c-epoll",
  title: "C epoll loop (limit)",
  version: () => `cc ${saidVersion(["cc", "--version"])}`,
  configuration: () => [
    ...shown("bench/limits/epoll.c"),
    { title: "compiler", text: `cc ${flags.join(" ")}` },
  ],
  missing: () => (Bun.which("cc") ? null : "c-epoll needs a C compiler: apt-get install gcc libc6-dev"),
  dialect: () => rawPublish(),
  async start({ cores, folder }) {
    mkdirSync(folder, { recursive: true });
    const program = join(folder, "epoll");
    const made = Bun.spawnSync(["cc", ...flags, "-o", program, source], { stderr: "pipe" });
    if (made.exitCode !== 0) throw new Error(`cc: ${made.stderr.toString()}`);
    const port = await freePort();
    const child = await startPeer({
      command: [program, String(port)],
      cores,
      log: join(folder, "epoll.log"),
      port,
    });
    return running(port, child);
  },
};
