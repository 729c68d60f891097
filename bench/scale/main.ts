// `./banyan bench scale`: how costs change with the number of sessions and of stored messages.

import { join } from "node:path";
import { parseArgs } from "node:util";
import { scaleMessages } from "./messages.ts";
import { writeScalePage } from "./page.ts";
import { stampOf } from "./record.ts";
import { scaleSessions } from "./sessions.ts";

const help = `Usage: ./banyan bench scale sessions|messages|page [options]

  sessions: from 1,000 live sessions to as many as this machine holds
  --to N              the largest number (default 1,000,000)
  --heartbeat MS      how often each session pings (default 30,000, the protocol's)
  --per-gateway N     sessions of one gateway (default 18,600: what its descriptors allow)
  --as-if-gateways N  members of a conversation sit as if there were so many gateways
  --conversations N   of the five that each person is in, how many a session follows (default 5)
  --login-within S    seconds for all to be live (default 420)
  --ramp              with the processes of the largest number from the beginning
  --smol              gateways in Bun's mode for little memory

  messages: from 100,000 stored messages to many millions
  --to N              the largest number (default 5e7)
  --rounds N          measurements at each number (default 3)
  --measure-only      what is stored is there already, exactly

  page: write docs/scale.md from what was measured

  --points a,b        these numbers instead of the usual ones
  --seed-only         make people and messages, and stop
  --seed N            for the order of random choices
  --folder PATH       where the database is kept between runs (default under .artifacts; messages: one for each number)
  --quiet             note that nothing else ran on the machine
`;

const sessionPoints = [1_000, 10_000, 100_000, 300_000, 1_000_000];
const messagePoints = [1e5, 3e5, 1e6, 3e6, 1e7, 5e7];
const artifacts = join(import.meta.dir, "../../.artifacts");

export async function scale(args: readonly string[]): Promise<number> {
  const [what, ...rest] = args[0] === "scale" ? args.slice(1) : args;
  const values = optionsIn(rest);
  const seed = Number(values.seed);
  const stamp = stampOf(["./banyan bench scale", what, ...rest].join(" "), seed, values.quiet);
  const points = (usual: readonly number[]) =>
    values.points?.split(",").map(Number) ?? upTo(usual, Number(values.to ?? usual.at(-1)));
  if (what === "sessions")
    return scaleSessions({
      points: points(sessionPoints),
      ramp: values.ramp,
      gatewaySessionsMax: Number(values["per-gateway"]),
      asIfGateways: Number(values["as-if-gateways"]),
      conversationsEach: Number(values.conversations),
      heartbeatMs: Number(values.heartbeat),
      loginWithinMs: Number(values["login-within"]) * 1000,
      calmSeconds: Number(values.calm),
      idleSeconds: Number(values.idle),
      smol: values.smol,
      seed,
      folder: values.folder ?? join(artifacts, "scale"),
      seedOnly: values["seed-only"],
      stamp,
    });
  if (what === "messages")
    return scaleMessages({
      points: points(messagePoints),
      rounds: Number(values.rounds),
      folderOf: (messages) => values.folder ?? join(artifacts, "scale-messages", String(messages)),
      seed,
      seedOnly: values["seed-only"],
      measureOnly: values["measure-only"],
      stamp,
    });
  if (what === "page") {
    writeScalePage();
    return 0;
  }
  console.log(help);
  return what === undefined || what === "--help" ? 0 : 2;
}

function optionsIn(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      to: { type: "string" },
      points: { type: "string" },
      "as-if-gateways": { type: "string", default: "0" },
      conversations: { type: "string", default: "5" },
      heartbeat: { type: "string", default: "30000" },
      "per-gateway": { type: "string", default: "18600" },
      "login-within": { type: "string", default: "420" },
      calm: { type: "string", default: "20" },
      idle: { type: "string", default: "20" },
      ramp: { type: "boolean", default: false },
      smol: { type: "boolean", default: false },
      rounds: { type: "string", default: "3" },
      "measure-only": { type: "boolean", default: false },
      "seed-only": { type: "boolean", default: false },
      seed: { type: "string", default: "7226" },
      folder: { type: "string" },
      quiet: { type: "boolean", default: false },
    },
  }).values;
}

function upTo(points: readonly number[], most: number): number[] {
  return [...points.filter((point) => point < most), most];
}

if (import.meta.main) process.exit(await scale(process.argv.slice(2)));
