// `./banyan bench scale`: how costs change with the number of sessions and of stored messages.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { stampOf } from "./record.ts";
import { scaleSessions } from "./sessions.ts";

const help = `Usage: ./banyan bench scale sessions|messages [options]

  sessions: from 1,000 live sessions to as many as this machine holds
  --to N              the largest number (default 1,000,000)
  --points a,b        these numbers instead
  --heartbeat MS      how often each session pings (default 30,000, the protocol's)
  --per-gateway N     sessions of one gateway (default and most: what its descriptors allow)
  --login-within S    seconds for all to be live (default 420)
  --smol              gateways in Bun's mode for little memory
  --seed-only         make the people and stop

  --seed N            for the order of random choices
  --folder PATH       where the database is kept between runs (default .artifacts/scale)
  --quiet             note that nothing else ran on the machine
`;

const usualPoints = [1_000, 10_000, 100_000, 300_000, 1_000_000];
const artifacts = join(import.meta.dir, "../../.artifacts/scale");

export async function scale(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args;
  const { values } = parseArgs({
    args: rest,
    options: {
      to: { type: "string" },
      points: { type: "string" },
      heartbeat: { type: "string", default: "30000" },
      "per-gateway": { type: "string", default: "18600" },
      "login-within": { type: "string", default: "420" },
      calm: { type: "string", default: "20" },
      idle: { type: "string", default: "20" },
      smol: { type: "boolean", default: false },
      "seed-only": { type: "boolean", default: false },
      seed: { type: "string", default: "7226" },
      folder: { type: "string", default: artifacts },
      quiet: { type: "boolean", default: false },
    },
  });
  const command = ["./banyan bench scale", ...args].join(" ");
  const stamp = stampOf(command, Number(values.seed), values.quiet);
  if (what === "sessions") {
    const most = Number(values.to ?? usualPoints.at(-1));
    const points = values.points?.split(",").map(Number) ?? upTo(usualPoints, most);
    return scaleSessions({
      points,
      gatewaySessionsMax: Number(values["per-gateway"]),
      heartbeatMs: Number(values.heartbeat),
      loginWithinMs: Number(values["login-within"]) * 1000,
      calmSeconds: Number(values.calm),
      idleSeconds: Number(values.idle),
      smol: values.smol,
      seed: Number(values.seed),
      folder: values.folder,
      seedOnly: values["seed-only"],
      stamp,
    });
  }
  console.log(help);
  return what === undefined || what === "--help" ? 0 : 2;
}

function upTo(points: readonly number[], most: number): number[] {
  return [...points.filter((point) => point < most), most];
}

if (import.meta.main) process.exit(await scale(process.argv.slice(2)));
