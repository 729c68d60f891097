// What ./banyan load understands: the options, their bounds, and the help.

import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { artifacts } from "#ops/root.ts";
import { socketsPerProcessMax } from "./descriptors.ts";
import { LoadProblem } from "./load-problem.ts";
import type { Profile } from "./profile.ts";
import { profiles } from "./profiles/profiles.ts";

export interface LoadOptions {
  readonly profile: Profile;
  readonly url: string | null;
  readonly cluster: string | null;
  readonly databaseUrl: string | null;
  readonly peopleFile: string | null;
  readonly people: number;
  /** Sends a second of all; null: by the profile. */
  readonly rate: number | null;
  readonly rampMs: number;
  readonly steadyMs: number;
  readonly seed: number;
  readonly processes: number | null;
  readonly json: string;
  readonly html: string | null;
  readonly history: string | null;
  /** The history is judged by the independent checker when the run is over. */
  readonly isChecked: boolean;
  readonly metrics: readonly string[];
  readonly metricsToken: string | null;
  readonly onFault: string | null;
  readonly faultAt: number;
  readonly invitation: string | null;
  readonly keepLimits: boolean;
  readonly isInsecure: boolean;
  readonly lateMaxMs: number;
  readonly auditMessagesMax: number;
  readonly isQuiet: boolean;
  readonly command: string;
}

const files = join(artifacts, "load");

export const help = `Usage: ./banyan load [profile] [options]
       ./banyan load report FILE | ./banyan load compare FILE FILE | ./banyan load check HISTORY

Simulates people on a Banyan, measures what they wait for, and audits that nobody misses, or sees twice, a message.
Exit code: 0 all well; 1 the audit, or the checker, found a fault; 2 wrong use; 3 the generator was too slow, the run is
void; 4 the checker came to no end; 130 Ctrl-C.

Profiles:
${Object.values(profiles)
  .map(({ name, version, what }) => `  ${name.padEnd(11)} ${what} (version ${version})`)
  .join("\n")}

Against what (default: an embedded server of the run's own, with its limits lifted):
  --url URL[,URL]      any Banyan; more than one: doors that people take in turn
  --insecure           with https: a certificate that nobody vouches for will do
  --cluster DIR        the one that ./banyan cluster up started there; shows its roles, can break it
  --people FILE        people of an earlier run; those that are made are kept here (default with --url:
                       ${join(".artifacts/load", "people-HOST-PROFILE-COUNT-SEED.json")})
  --database-url URL   put people straight into the server's PostgreSQL (for big worlds; never a living one's)
  --invitation TOKEN   for servers where people sign up by invitation
  --keep-limits        the server of the run's own keeps its usual limits

Who and how much:
  --count N            people (default 200)
  --rate N             messages sent in a second by all (default: by the profile, --count and --time-scale)
  --time-scale N       so many times faster than life (work 60, consumer 10, community 10, disaster 20)
  --seconds N          steady time (default 60)      --ramp N    seconds in which people come (default: a fifth)
  --seed N             the same again (default 1)    --processes N (default: by cores and people)

Trouble:
  --on-fault "COMMAND" run this in the middle of the steady time; the report shows what it did to people
  --fault-at SHARE     at this share of the steady time (default 0.4)

What comes out:
  --json FILE          the run, for machines (default: .artifacts/load/PROFILE-TIME.json)
  --html FILE          a page with plots             --history FILE   every event, for an independent checker
  --check              let that checker judge the run: Porcupine and a pass of its own, in Go (bench/checker)
  --metrics [ROLE=]URL[,...]  /metrics of the server's processes (default: URL/metrics), --metrics-token TOKEN
  --late-max MS        the run is void when the timetable was kept later than this at p99 (default 50)
  --audit-messages N   messages of the log that are read back, at most (default 200,000)
  --quiet              only the verdict

docs/guides/load-testing.md tells the rest.`;

/** Null: help was asked for. Throws LoadProblem. */
export function readOptions(args: readonly string[]): LoadOptions | null {
  const { values, positionals } = parse(args);
  if (values.help) return null;
  const name = positionals[0] ?? "work";
  const found = profiles[name];
  const all = Object.keys(profiles).join(", ");
  if (positionals.length > 1)
    throw new LoadProblem(`${positionals.join(" ")} are several profiles.`, `Take one of ${all}.`);
  if (!found) throw new LoadProblem(`There is no profile ${name}.`, `Take one of ${all}.`);
  if (/^\d+$/.test(values.people ?? ""))
    throw new LoadProblem(
      `--people ${values.people} is no file of people.`,
      `--count ${values.people} says how many there are.`,
    );
  const timeScale = number("time-scale", values["time-scale"], found.timeScale, 0.001, 100_000);
  const profile: Profile = { ...found, timeScale };
  const url = values.url ?? null;
  for (const one of url?.split(",") ?? [])
    if (!/^https?:\/\/[^\s/]+\/?$/.test(one))
      throw new LoadProblem(`${one} is no URL of a server.`, "Write http://HOST:PORT, without a path.");
  if (url !== null && values.cluster !== undefined)
    throw new LoadProblem("--url and --cluster exclude each other.", "Give one of them.");
  const people = whole("count", values.count, 200, 2, 2_000_000);
  const seconds = number("seconds", values.seconds, 60, 1, 1_000_000);
  const isChecked = values.check ?? false;
  const history = values.history ? resolve(values.history) : null;
  const seed = whole("seed", values.seed, 1, 0, 2 ** 31 - 1);
  const at = new Date().toISOString().replaceAll(/[:.]/g, "-").slice(0, 19);
  return {
    profile,
    url: url?.replaceAll(/\/(?=,|$)/g, "") ?? null,
    cluster: values.cluster ? resolve(values.cluster) : null,
    databaseUrl: values["database-url"] ?? null,
    peopleFile: values.people ? resolve(values.people) : null,
    people,
    rate: values.rate === undefined ? null : number("rate", values.rate, 0, 0, 10_000_000),
    rampMs: number("ramp", values.ramp, Math.max(1, seconds / 5), 0, 1_000_000) * 1000,
    steadyMs: seconds * 1000,
    seed,
    processes: values.processes === undefined ? null : whole("processes", values.processes, 1, 1, 200),
    json: resolve(values.json ?? join(files, `${profile.name}-${at}.json`)),
    html: values.html ? resolve(values.html) : null,
    history: history ?? (isChecked ? join(files, `${profile.name}-${at}.ndjson`) : null),
    isChecked,
    metrics: values.metrics?.split(",") ?? [],
    metricsToken: values["metrics-token"] ?? null,
    onFault: values["on-fault"] ?? null,
    faultAt: number("fault-at", values["fault-at"], 0.4, 0, 1),
    invitation: values.invitation ?? null,
    isInsecure: values.insecure ?? false,
    keepLimits: values["keep-limits"] ?? false,
    lateMaxMs: number("late-max", values["late-max"], 50, 0, 1_000_000),
    auditMessagesMax: whole("audit-messages", values["audit-messages"], 200_000, 0, 1_000_000_000),
    isQuiet: values.quiet ?? false,
    command: commandOf(args),
  };
}

/** As many as the sessions need that are there at a time, and as the machine has cores beside the server's. */
export function processesFor(options: LoadOptions, sessions: number): number {
  const needed = Math.ceil(sessions / socketsPerProcessMax());
  if (options.processes !== null && options.processes < needed)
    throw new LoadProblem(
      `${options.processes} processes are too few for ${sessions} sessions.`,
      `One may have ${socketsPerProcessMax()} sockets; take --processes ${needed}.`,
    );
  const usual = sessions < 2_000 ? 1 : Math.max(1, availableParallelism() - 1);
  return options.processes ?? Math.max(needed, usual);
}

function parse(args: readonly string[]) {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: "boolean", short: "h" },
        url: text,
        cluster: text,
        people: text,
        "database-url": text,
        invitation: text,
        "keep-limits": flag,
        insecure: flag,
        count: text,
        rate: text,
        "time-scale": text,
        seconds: text,
        ramp: text,
        seed: text,
        processes: text,
        "on-fault": text,
        "fault-at": text,
        json: text,
        html: text,
        history: text,
        check: flag,
        metrics: text,
        "metrics-token": text,
        "late-max": text,
        "audit-messages": text,
        quiet: flag,
      },
    });
  } catch (error) {
    // Without the parser's advice on how to write arguments that begin with a dash.
    const [what] = (error as Error).message.split(/\. To specify|\n/);
    throw new LoadProblem(
      `${what!.replace(/\.$/, "")}.`,
      /--profile/.test(what!)
        ? "The profile stands first: ./banyan load work."
        : "./banyan load --help lists the options.",
    );
  }
}

/** For the report; no secret stands in it. */
function commandOf(args: readonly string[]): string {
  const secret = new Set(["--metrics-token", "--invitation", "--database-url"]);
  const shown = args.map((arg, i) => {
    if (secret.has(args[i - 1] ?? "")) return "...";
    const [name, value] = arg.split("=", 2);
    if (value !== undefined && secret.has(name!)) return `${name}=...`;
    return /\s/.test(arg) ? JSON.stringify(arg) : arg;
  });
  return ["./banyan load", ...shown].join(" ");
}

function number(name: string, given: string | undefined, usual: number, min: number, max: number): number {
  const value = given === undefined ? usual : Number(given);
  if (Number.isFinite(value) && given !== "" && value >= min && value <= max) return value;
  throw new LoadProblem(`--${name} ${given} does not fit.`, `It is a number from ${min} to ${max}.`);
}

function whole(name: string, given: string | undefined, usual: number, min: number, max: number): number {
  const value = number(name, given, usual, min, max);
  if (Number.isInteger(value)) return value;
  throw new LoadProblem(`--${name} ${given} does not fit.`, `It is a whole number from ${min} to ${max}.`);
}
