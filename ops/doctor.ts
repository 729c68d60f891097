// ./banyan doctor: looks at this machine, and at the parts of the cluster where there is one, and says, a line each,
// what is well and what would hinder a server here.

import type { Command } from "commander";
import { addConfigFlags, configOf } from "#ops/config-flags.ts";
import { checksFor } from "#ops/doctor/checks.ts";

const marks = { well: "ok     ", doubtful: "look   ", ill: "PROBLEM" } as const;

export function define(command: Command): void {
  addConfigFlags(command, [
    ...(["dataDir", "host", "port", "diskFreeMiBMin", "tlsCert", "tlsKey", "metricsToken"] as const),
    ...(["topology", "postgresUrl", "postgresReplicaUrls", "natsUrls", "natsReplicas", "redisUrl"] as const),
    ...(["namespace", "reusePort"] as const),
  ]);
  command.action(() => examine(command));
}

async function examine(command: Command): Promise<void> {
  const config = configOf(command);
  let ill = 0;
  const looks = checksFor(config).map(async ({ name, look }) => ({ name, finding: await look(config) }));
  for (const { name, finding } of await Promise.all(looks)) {
    if (finding.state === "ill") ill++;
    console.log(`${marks[finding.state]}  ${name.padEnd(15)} ${finding.text}`);
  }
  console.log(ill === 0 ? "Nothing here hinders Banyan." : `${ill} found that would hinder Banyan.`);
  if (ill > 0) process.exitCode = 1;
}
