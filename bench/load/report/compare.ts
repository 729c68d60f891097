// `./banyan load compare A B`: prints what differs between two runs and whether that is more than noise, and writes a
// page with both over one another.

import { writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { readRun } from "#bench/load/run-file.ts";
import { comparePage } from "./compare-page.ts";
import { summary, terminalComparison } from "./compare-table.ts";
import { differences, unlike } from "./differences.ts";

const help = `Usage: ./banyan load compare A B [--out FILE] [--seed N]

Compares two runs of ./banyan load over their steady seconds. A difference counts when its 99 % interval (drawn from
the seconds, with a seed) does not hold zero and it is at least 1 %. Without --out the page stands beside B.
`;

export async function compare(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        out: { type: "string" },
        seed: { type: "string", default: "1" },
        help: { type: "boolean", default: false },
      },
    });
    const [first, second, ...others] = positionals;
    if (values.help || first === undefined || second === undefined || others.length > 0) {
      console.log(help);
      return values.help ? 0 : 2;
    }
    const [a, b] = [readRun(first), readRun(second)];
    const found = differences(a, b, Number(values.seed));
    const notAlike = unlike(a, b);
    console.log(`A ${first}\nB ${second}\n\n${terminalComparison(a, b, found)}\n`);
    for (const line of notAlike) console.log(`! ${line}`);
    const out = values.out ?? join(dirname(second), `${stem(first)}-and-${stem(second)}.html`);
    writeFileSync(out, await comparePage(a, b, found, notAlike));
    console.log(`${summary(found)}. The page: ${out}`);
    return 0;
  } catch (error) {
    console.error(`banyan load compare: ${(error as Error).message}`);
    return 2;
  }
}

function stem(path: string): string {
  return basename(path).replace(/\.json$/, "");
}
