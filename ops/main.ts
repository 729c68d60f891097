// The verbs of ./banyan. Each lives in a file of its own and is loaded only when asked for, so that `serve` starts
// fast. Errors end here: what a person can mend is one clear line, the rest keeps its stack.

import { Command, CommanderError } from "commander";
import { isExecutable } from "#app/carried.ts";
import { didYouMean } from "#app/config/nearest.ts";
import { ConfigurationError } from "#app/config.ts";
import { verbs } from "#ops/verbs.ts";

const program = new Command("./banyan")
  .description("Banyan, a messaging app. One door for everything that can be done with it.")
  .showHelpAfterError("Run ./banyan --help to see the verbs, ./banyan <verb> --help for its options.")
  .helpCommand(false)
  .argument("[verb]")
  .usage("<verb> [options]")
  .action((given: string | undefined) => (given === undefined ? program.outputHelp() : unknownVerb(given)));

const present = verbs.filter((verb) => !(isExecutable() && verb.needsSources));
for (const verb of present) {
  const command = program.command(verb.name).description(verb.line);
  command.showHelpAfterError(`Run ./banyan ${verb.name} --help for its options.`);
  if (process.argv[2] === verb.name) (await verb.load()).define(command);
}

try {
  await program.exitOverride().parseAsync();
} catch (error) {
  process.exitCode = report(error);
}

function unknownVerb(given: string): void {
  const names = present.map((verb) => verb.name);
  program.error(`error: there is no verb ${given}.${didYouMean(given, names)}`);
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode;
  if (error instanceof ConfigurationError) {
    console.error("banyan: the configuration is not right:");
    for (const problem of error.problems) console.error(`  ${problem}`);
    return 2;
  }
  if (hasRemedy(error)) {
    console.error(`banyan: ${error.message.replace(` ${error.remedy}`, `\n        ${error.remedy}`)}`);
    return 1;
  }
  console.error("banyan: something went wrong that should not have:");
  console.error(error);
  return 1;
}

/** StartProblem and the like in adapters: a person can mend it, and the text says how. */
function hasRemedy(error: unknown): error is Error & { remedy: string } {
  return error instanceof Error && typeof (error as { remedy?: unknown }).remedy === "string";
}
