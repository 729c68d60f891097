// ./banyan cluster down: ends every process of the folder, in an order in which each ends cleanly, and looks at the
// end whether anything is left. The data stays, unless it is to be thrown away.

import { rmSync } from "node:fs";
import { isAlive } from "#adapters/postgres/embedded/processes.ts";
import type { OneMachine } from "#ops/cluster/cluster-on-one-machine.ts";
import { processesIn } from "#ops/cluster/parts/guard.ts";
import { signalTo } from "#ops/cluster/parts/part-process.ts";
import { stopParts } from "#ops/cluster/start-parts.ts";

export async function down(cluster: OneMachine, purge: boolean, say: (line: string) => void): Promise<void> {
  const folder = cluster.parts.folder;
  const began = performance.now();
  const running = processesIn(folder).length;
  if (running === 0) say("Nothing of it runs.");
  else say(`Ending ${running} processes`);
  // People first: sessions are told to come back while there is still somebody who tells them.
  await cluster.front?.stop();
  await Promise.all(cluster.roles.map((role) => role.stop()));
  await stopParts(cluster.parts);
  for (const pid of processesIn(folder)) {
    say(`Process ${pid} was left behind and is killed`);
    signalTo(pid, "SIGKILL");
    while (isAlive(pid)) await Bun.sleep(10);
  }
  if (running > 0) say(`Down after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  if (purge) rmSync(folder, { recursive: true, force: true });
  say(purge ? `${folder} is gone` : `The data stays in ${folder}`);
}
