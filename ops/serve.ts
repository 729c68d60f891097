// ./banyan serve: one process with everything in it, until a signal asks it to stop.

import type { Command } from "commander";
import { assemble } from "#app/assemble.ts";
import type { Config } from "#app/config.ts";
import { hearControl } from "#app/control.ts";
import { openDataDirectory } from "#app/data-directory.ts";
import { createLifecycle, hearSignals, type Lifecycle } from "#app/lifecycle.ts";
import { checkPort } from "#app/listen-problem.ts";
import { createLog, type Log } from "#app/telemetry/log.ts";
import { addConfigFlags, configOf, pinnedOptions } from "#ops/config-flags.ts";
import { startMoveServer } from "#ops/migrate/move-server.ts";
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
  // A port that is shared may be taken: by those who share it.
  if (!config.reusePort) checkPort(config.host, config.port);
  const parts = createLifecycle(log);
  const stop = hearSignals(log);
  closeOnBug(parts, log);
  const url = await start(command, config, log, parts).catch((error) => {
    if (!stop.wasAsked()) throw error;
    log.warn("stopped before it was ready");
    process.exit(0);
  });
  log.info("ready", { url, ms: sinceStart() });
  await stop.asked;
  await parts.close(stop.hurry);
  log.info("stopped");
  process.exit(0);
}

async function start(command: Command, config: Config, log: Log, parts: Lifecycle): Promise<string> {
  await parts.open(
    "data directory",
    () => openDataDirectory(config.dataDir, config.diskFreeMiBMin),
    (folder) => folder.close(),
  );
  const server = await parts.open(
    "server",
    () =>
      startMoveServer({
        config,
        reload: () => configOf(command),
        pinned: pinnedOptions(command),
        assemble: (now) => assemble(now, log),
        log,
      }),
    (it, hurry) => it.stop(hurry),
  );
  await parts.open(
    "control",
    () => hearControl(config.dataDir, server.actions),
    (it) => it.close(),
  );
  return server.url;
}

const closingMsMax = 10_000;

/** What nobody caught is a bug: it is told, the database is stopped in order, and the process ends. */
function closeOnBug(parts: Lifecycle, log: Log): void {
  const end = (error: unknown) => {
    log.error("a bug ends this process", error);
    setTimeout(() => process.exit(1), closingMsMax).unref();
    void parts.close(AbortSignal.abort()).finally(() => process.exit(1));
  };
  process.once("uncaughtException", end);
  process.once("unhandledRejection", end);
}

/** Since the process began, in milliseconds. */
function sinceStart(): number {
  return Math.round(performance.now());
}
