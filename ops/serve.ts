// ./banyan serve: one process with everything in it, until a signal asks it to stop.

import type { Command } from "commander";
import { assemble } from "#app/assemble.ts";
import { openDataDirectory } from "#app/data-directory.ts";
import { createLifecycle, untilStopped } from "#app/lifecycle.ts";
import { checkPort } from "#app/listen-problem.ts";
import { createLog } from "#app/telemetry/log.ts";
import { addConfigFlags, configOf } from "#ops/config-flags.ts";
import manifest from "../package.json" with { type: "json" };

export function define(command: Command): void {
  addConfigFlags(command);
  command.action(() => serve(command));
}

async function serve(command: Command): Promise<void> {
  const config = configOf(command);
  const log = createLog(config);
  log.info("Banyan is starting", { version: manifest.version, path: config.dataDir, ms: sinceStart() });
  for (const warning of config.warnings) log.warn(warning);
  checkPort(config.host, config.port);
  const parts = createLifecycle(log);
  await parts.open(
    "data directory",
    () => openDataDirectory(config.dataDir, config.diskFreeMiBMin),
    (folder) => folder.close(),
  );
  const server = await parts.open(
    "server",
    () => assemble(config, log),
    (it, hurry) => it.stop(hurry),
  );
  log.info("ready", { url: server.url, ms: sinceStart() });
  await untilStopped(log, parts.close);
  log.info("stopped");
  process.exit(0);
}

/** Since the process began, in milliseconds. */
function sinceStart(): number {
  return Math.round(performance.now());
}
