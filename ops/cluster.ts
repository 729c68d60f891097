// ./banyan cluster up|status|down: the whole topology on one machine, for development and tests.

import { closeSync, mkdirSync, openSync } from "node:fs";
import { join, resolve } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import { lockFile } from "#app/file-lock.ts";
import { StartProblem } from "#app/start-problem.ts";
import { defaultFolder, type OneMachine, oneMachine, shapeIn } from "#ops/cluster/cluster-on-one-machine.ts";
import { down } from "#ops/cluster/down.ts";
import { status } from "#ops/cluster/status.ts";
import { up } from "#ops/cluster/up.ts";

interface Flags {
  readonly dir: string;
  readonly port?: number;
  readonly gateways?: number;
  readonly small?: true;
  readonly partsOnly?: true;
  readonly purge?: true;
}

const say = (line: string) => console.log(line);

export function define(command: Command): void {
  const verb = (name: string, line: string) =>
    command
      .command(name)
      .description(line)
      .option("--dir <folder>", "Where its data, logs and passwords are.", defaultFolder)
      .showHelpAfterError(`Run ./banyan cluster ${name} --help for its options.`)
      .exitOverride();

  verb("up", "Start every part that does not run; run again it repairs.")
    .option("--port <port>", "The first of its 100 ports, where people arrive (7300).", whole(1_024, 65_435))
    .option("--gateways <count>", "Gateway processes (2; small: 1).", whole(1, 16))
    .option("--small", "One of each part instead of three, and few processes.")
    .option("--parts-only", "Without Banyan's own processes; start these by hand.")
    .action(({ dir, ...asked }: Flags) => exclusively(dir, () => up(dir, asked, say)));

  verb("status", "A table of its processes; the exit code is 3 when one is not ready.").action(
    async ({ dir }: Flags) => {
      const { lines, ready } = await status(theCluster(dir));
      for (const line of lines) say(line);
      if (!ready) process.exitCode = 3;
    },
  );

  verb("down", "End every process; the data stays.")
    .option("--purge", "Throw the data away as well.")
    .action(({ dir, purge }: Flags) => {
      const cluster = theCluster(dir);
      return exclusively(dir, () => down(cluster, purge === true, say));
    });
}

function theCluster(dir: string): OneMachine {
  const shape = shapeIn(resolve(dir));
  if (shape) return oneMachine(dir, shape);
  throw new StartProblem(`There is no cluster in ${resolve(dir)}.`, "Start one with: ./banyan cluster up");
}

/** Two runs of the verb would start or end the same things. */
async function exclusively(dir: string, work: () => Promise<void>): Promise<void> {
  mkdirSync(resolve(dir), { recursive: true, mode: 0o711 });
  const lock = openSync(join(resolve(dir), "lock"), "a", 0o600);
  try {
    if (lockFile(lock)) return await work();
    throw new StartProblem(
      `Another ./banyan cluster is at work in ${resolve(dir)}.`,
      "Wait until it has ended.",
    );
  } finally {
    closeSync(lock);
  }
}

function whole(min: number, max: number): (given: string) => number {
  return (given) => {
    const value = Number(given);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  };
}
