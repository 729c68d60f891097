// `./banyan load report FILE`: writes the page of a run beside it, or where --out says.

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { readRun } from "#bench/load/run-file.ts";
import { reportPage } from "./report-page.ts";
import { verdictOf } from "./verdict.ts";

const help = `Usage: ./banyan load report FILE [--out FILE]

Makes one HTML page from a run of ./banyan load; it needs no network. Without --out it stands beside the run.
`;

export async function report(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { out: { type: "string" }, help: { type: "boolean", default: false } },
    });
    const [path, ...others] = positionals;
    if (values.help || path === undefined || others.length > 0) {
      console.log(help);
      return values.help ? 0 : 2;
    }
    const run = readRun(path);
    const out = values.out ?? path.replace(/(\.json)?$/, ".html");
    writeFileSync(out, await reportPage(run));
    const { headline, voided } = verdictOf(run);
    console.log(`${headline}. ${voided ? `Void: ${voided} ` : ""}The report: ${out}`);
    return 0;
  } catch (error) {
    console.error(`banyan load report: ${(error as Error).message}`);
    return 2;
  }
}
