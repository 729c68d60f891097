// docs/generated/configuration.md, from the table of options.

import { configFileName } from "#app/config/config-file.ts";
import type { Option } from "#app/config/option.ts";
import { flagOf, type OptionName, optionNames, options, variableOf } from "#app/config/options.ts";
import { defaultText } from "#ops/config-flags.ts";

export function configurationPage(): string {
  const groups = [...new Set(optionNames.map((name) => options[name].group))];
  return [
    "# Configuration",
    "",
    "Made by `./banyan docs` from app/config/options.ts; change it there.",
    "",
    "Each option can be given as a flag of `./banyan serve`, as a variable of the environment, or by its name in",
    `\`${configFileName}\` in the data directory. A flag goes before the environment, the environment before the`,
    "file, the file before the default. A value that is not right stops the start with a line that says what would",
    "be right. `test` is the preset of the test suites: tiny limits, so that tests meet them.",
    ...groups.flatMap(groupSection),
    "",
  ].join("\n");
}

function groupSection(group: string): string[] {
  const names = optionNames.filter((name) => options[name].group === group);
  return [
    "",
    `## ${group}`,
    "",
    "| name | flag | environment | default | `test` | unit, bounds | what it is |",
    "|---|---|---|---|---|---|---|",
    ...names.map(row),
  ];
}

function row(name: OptionName): string {
  const option = options[name] as Option<unknown>;
  const flag = option.placeholder === null ? flagOf(name) : `${flagOf(name)} <${option.placeholder}>`;
  const bounds = [option.unit, option.bounds].filter((part) => part !== undefined).join(", ");
  const inTest = option.defaultInTest === option.default ? "" : code(defaultText(option.defaultInTest));
  const help = option.notInFile ? `${option.help} Not in ${configFileName}.` : option.help;
  const cells = [
    code(name),
    code(flag),
    code(variableOf(name)),
    code(defaultText(option.default)),
    inTest,
    bounds,
    help,
  ];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function code(text: string): string {
  return text === "" ? "" : `\`${text}\``;
}
