// The table of options as flags of a verb, and back: from the given flags to the configuration.

import { type Command, Option as Flag } from "commander";
import type { Option } from "#app/config/option.ts";
import { flagOf, type OptionName, optionNames, options, variableOf } from "#app/config/options.ts";
import { type Config, isInOwnEnvironment, loadOwnConfig } from "#app/config.ts";

export function addConfigFlags(command: Command, names: readonly OptionName[] = optionNames): void {
  for (const name of names) {
    const option = options[name] as Option<unknown>;
    const group = `${option.group}:`;
    if (option.placeholder === null) {
      command.addOption(new Flag(flagOf(name), helpOf(name)).helpGroup(group));
      command.addOption(
        new Flag(flagOf(name).replace("--", "--no-"), `Not so: ${option.help}`).helpGroup(group),
      );
    } else {
      command.addOption(new Flag(`${flagOf(name)} <${option.placeholder}>`, helpOf(name)).helpGroup(group));
    }
  }
  command.addHelpText(
    "after",
    "\nThe same names stand in banyan.config.json in the data directory. A flag goes before the environment,\n" +
      "that before the file. docs/generated/configuration.md has it all on one page.",
  );
}

export function configOf(command: Command): Config {
  return loadOwnConfig(flagsOf(command));
}

/** Options that this command line or the environment sets, and the file therefore cannot. */
export function pinnedOptions(command: Command): OptionName[] {
  const flags = flagsOf(command);
  return optionNames.filter((name) => flags[name] !== undefined || isInOwnEnvironment(name));
}

function flagsOf(command: Command): Partial<Record<OptionName, string>> {
  const flags: Partial<Record<OptionName, string>> = {};
  for (const name of optionNames) {
    const attribute = new Flag(`${flagOf(name)} <value>`).attributeName();
    const given: unknown = command.opts()[attribute];
    if (given !== undefined && command.getOptionValueSource(attribute) === "cli") flags[name] = String(given);
  }
  return flags;
}

function helpOf(name: OptionName): string {
  const option = options[name] as Option<unknown>;
  const preset = defaultText(option.default);
  return `${option.help} [${variableOf(name)}${preset === "" ? "" : `; ${preset}`}]`;
}

/** The default as it is written in help and docs; empty where there is none. */
export function defaultText(value: unknown): string {
  if (value === null || (Array.isArray(value) && value.length === 0)) return "";
  return String(value);
}
