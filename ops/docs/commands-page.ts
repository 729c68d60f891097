// docs/generated/commands.md, from the verbs of ./banyan.

import { verbs } from "#ops/verbs.ts";

export function commandsPage(): string {
  return [
    "# Commands",
    "",
    "Made by `./banyan docs` from ops/verbs.ts; change it there. `./banyan <verb> --help` shows a verb's options.",
    "",
    "| command | what it does |",
    "|---|---|",
    ...verbs.map((verb) => `| \`./banyan ${verb.name}\` | ${verb.line} |`),
    "",
  ].join("\n");
}
