// Runs another entry file of the house with the same terminal, and ends with its exit code.

import { join } from "node:path";
import type { Command } from "commander";
import { StartProblem } from "#app/start-problem.ts";
import { bun, root } from "#ops/root.ts";

/** The verb is the script: everything after the verb's name is handed to it, `--help` too. */
export function defineAsScript(command: Command, path: string): void {
  command.argument("[options...]").allowUnknownOption().allowExcessArguments().helpOption(false);
  command.action(() => runScript(path, process.argv.slice(3)));
}

async function runScript(path: string, args: readonly string[]): Promise<void> {
  const script = join(root, path);
  if (!(await Bun.file(script).exists()))
    throw new StartProblem(
      `${path} is missing.`,
      "This copy of Banyan carries no sources; use a full checkout.",
    );
  const child = Bun.spawn([bun, script, ...args], { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => child.kill(signal));
  process.exitCode = await child.exited;
}
