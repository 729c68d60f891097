// From flags, environment and banyan.config.json to one frozen object; nobody else reads the environment.
// A flag goes before the environment, that before the file, that before the preset's default. Everything that
// is wrong is told at once, each with its remedy.

import { resolve } from "node:path";
import { readConfigFile } from "#app/config/config-file.ts";
import { didYouMean } from "#app/config/nearest.ts";
import type { Option, Preset } from "#app/config/option.ts";
import {
  flagOf,
  type OptionName,
  type Options,
  optionNames,
  options,
  variableOf,
} from "#app/config/options.ts";
import { readTlsFiles, type Tls } from "#app/config/tls-files.ts";

export type Config = {
  readonly [Name in OptionName]: Options[Name] extends Option<infer T> ? T : never;
} & {
  /** The checked content of tlsCert and tlsKey. */
  readonly tls: Tls | null;
  /** Lines worth a warning in the log, such as a variable that nothing reads. */
  readonly warnings: readonly string[];
};

/** The text is for the person who starts the process: a line for each problem, each with a remedy. */
export class ConfigurationError extends Error {
  override name = "ConfigurationError";
  constructor(readonly problems: readonly string[]) {
    super(problems.join("\n"));
  }
}

export interface Given {
  /** By the option's name. */
  readonly flags: Partial<Record<OptionName, string>>;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly nowMs: number;
}

/** For the process's own environment. */
export function loadOwnConfig(flags: Given["flags"]): Config {
  return loadConfig({ flags, environment: process.env, nowMs: Date.now() });
}

/** Whether the process's own environment sets it. */
export function isInOwnEnvironment(name: OptionName): boolean {
  return process.env[variableOf(name)] !== undefined;
}

export function loadConfig(given: Given): Config {
  const problems: string[] = [];
  const preset = choose("preset", given, {}, "", "embedded", problems) as Preset;
  const dataDir = resolve(choose("dataDir", given, {}, "", preset, problems) as string);
  const file = readConfigFile(dataDir);
  problems.push(...file.problems);
  const values: Record<string, unknown> = {};
  for (const name of optionNames) {
    if (name === "preset" || name === "dataDir") continue;
    values[name] = choose(name, given, file.values, file.path, preset, problems);
  }
  const tls = readTlsFiles(
    values.tlsCert as string | null,
    values.tlsKey as string | null,
    given.nowMs,
    problems,
  );
  problems.push(...topologyProblems(values));
  if (problems.length > 0) throw new ConfigurationError(problems);
  const warnings = Object.freeze(unknownVariables(given.environment));
  return Object.freeze({ ...values, preset, dataDir, tls, warnings }) as unknown as Config;
}

/** What only fits together in one of the topologies. */
function topologyProblems(values: Readonly<Record<string, unknown>>): string[] {
  if (values.topology === "embedded") {
    return (values.roles as readonly string[]).length === 0
      ? []
      : [`${flagOf("roles")} needs ${flagOf("topology")} cluster: an embedded process does everything.`];
  }
  const needed: readonly OptionName[] = ["postgresUrl", "natsUrls", "redisUrl"];
  return needed
    .filter((name) => values[name] === null || (values[name] as { length: number }).length === 0)
    .map((name) => `${flagOf("topology")} cluster needs ${flagOf(name)} (or ${variableOf(name)}).`);
}

function choose(
  name: OptionName,
  given: Given,
  fromFile: Partial<Record<OptionName, string>>,
  filePath: string,
  preset: Preset,
  problems: string[],
): unknown {
  const option = options[name] as Option<unknown>;
  const sources: readonly [where: string, text: string | undefined][] = [
    [flagOf(name), given.flags[name]],
    [variableOf(name), given.environment[variableOf(name)]],
    [`"${name}" in ${filePath}`, fromFile[name]],
  ];
  const source = sources.find(([, text]) => text !== undefined);
  if (source === undefined) return preset === "test" ? option.defaultInTest : option.default;
  const [where, text] = source as [string, string];
  const parsed = option.parse(text);
  if ("value" in parsed) return parsed.value;
  problems.push(`${where} should be ${parsed.wanted}, not ${shown(option, text)}.${kubernetesHint(text)}`);
  return option.default;
}

function shown(option: Option<unknown>, text: string): string {
  return option.secret ? "what was given" : JSON.stringify(text.slice(0, 80));
}

/** Kubernetes gives every pod X_PORT=tcp://... for each service named x. */
function kubernetesHint(text: string): string {
  return text.startsWith("tcp://") ? " (Kubernetes sets this one: turn off enableServiceLinks.)" : "";
}

/** A variable that nothing reads is most often a mistyped one; others may own the prefix, so it is no error. */
function unknownVariables(environment: Given["environment"]): string[] {
  const known = optionNames.map(variableOf);
  return Object.keys(environment)
    .filter((name) => name.startsWith("BANYAN_") && !known.includes(name))
    .map((name) => `${name} is set, but nothing reads it.${didYouMean(name, known)}`);
}
