// ./banyan drill: breaks a cluster of its own in every way that is listed, under load, and prints what people lost.

import { appendFileSync, mkdirSync } from "node:fs";
import { cpus } from "node:os";
import { dirname, join } from "node:path";
import { type Command, InvalidArgumentError } from "commander";
import type { DrillCluster } from "#ops/drill/drill-cluster.ts";
import { type Fault, faults } from "#ops/drill/faults.ts";
import { DrillHistory } from "#ops/drill/history.ts";
import { runDrill } from "#ops/drill/run-drill.ts";
import { isWhole, rowLine, titleLine } from "#ops/drill/table.ts";
import { artifacts } from "#ops/root.ts";

interface Flags {
  readonly only?: readonly Fault[];
  readonly list?: true;
  readonly clients: number;
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
  readonly out: string;
  readonly history?: string;
}

const say = (line: string) => console.log(line);

export function define(command: Command): void {
  command
    .option("--only <faults>", "Only these, with commas in between.", chosen)
    .option("--list", "Say which faults there are.")
    .option("--clients <count>", "People who talk and read.", whole(4, 1_000), 60)
    .option("--rate <count>", "Messages of all of them in a second.", whole(1, 10_000), 120)
    .option("--seconds <count>", "How long they talk before each fault.", whole(4, 600), 10)
    .option("--seed <number>", "Repeats who talks when, and who is hit.", whole(0, 2 ** 32 - 1), 1)
    .option("--out <file>", "Where each row is added as a line of JSON.", join(artifacts, "drill.ndjson"))
    .option("--history <file>", "Every event of every client, for ./banyan load check.")
    .action(async (flags: Flags) => {
      if (flags.list) {
        for (const { name, what, ground } of faults)
          say(`${name.padEnd(18)} ${what}${ground === "plain" ? "" : " (root)"}`);
        return;
      }
      await drill(flags);
    });
}

async function drill(flags: Flags): Promise<void> {
  const { clients, rate, seconds, seed } = flags;
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim()}`;
  say(`${clients} people, ${rate} messages/s, seed ${seed}; ${machine}, Bun ${Bun.version}`);
  mkdirSync(dirname(flags.out), { recursive: true });
  let running: DrillCluster | null = null;
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void (running?.stop() ?? Promise.resolve()).finally(() => process.exit(130)));
  let hasTitle = false;
  const history = flags.history === undefined ? null : new DrillHistory(flags.history);
  const rows = await runDrill(
    {
      faults: flags.only ?? faults,
      clients,
      perSecond: rate,
      steadySeconds: seconds,
      normalWithinSeconds: 60,
      seed,
      history,
    },
    {
      say,
      row: (row) => {
        if (!hasTitle) say(titleLine());
        hasTitle = true;
        say(rowLine(row));
        const about = { at: new Date().toISOString(), clients, rate, seconds, seed, machine };
        appendFileSync(flags.out, `${JSON.stringify({ ...about, ...row })}\n`);
      },
    },
    (cluster) => {
      running = cluster;
    },
  );
  history?.close();
  const broken = rows.filter((row) => !isWhole(row));
  say(
    broken.length === 0 ? "Nothing was lost." : `NOT whole: ${broken.map(({ fault }) => fault).join(", ")}`,
  );
  if (broken.length > 0) process.exitCode = 1;
}

function chosen(given: string): Fault[] {
  return given.split(",").map((name) => {
    const fault = faults.find((it) => it.name === name);
    if (fault) return fault;
    throw new InvalidArgumentError(`There is no fault ${name}; --list says which there are.`);
  });
}

function whole(min: number, max: number): (given: string) => number {
  return (given) => {
    const value = Number(given);
    if (Number.isInteger(value) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It is a whole number from ${min} to ${max}.`);
  };
}
