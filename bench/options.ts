// What `./banyan bench` is asked for: its flags, and which servers and sizes they mean.

import { parseArgs } from "node:util";
import { fullSizes, quickSizes, type Sizes } from "./journey.ts";
import { journeys } from "./journeys/journeys.ts";
import { besideBanyan, quickTargets, type TargetName, targetNames } from "./targets/target.ts";

export const help = `Usage: ./banyan bench [options]

Measures Banyan and its peers on this machine (about 8 minutes, with --peers about 45; nothing else
should run on it).

  --quick             small sizes and short windows: shows that all works, not how fast it is
  --only a,b          journeys: ${journeys.map(({ name }) => name).join(", ")}, micro
                      (default: all but ${journeys.flatMap((it) => (it.isExtra ? [it.name] : [])).join(", ")})
  --targets a,b       servers: ${targetNames.join(", ")}
                      (default: ${quickTargets.join(", ")})
  --peers             all servers but banyan-cluster; ops/install-peers.sh installs those that are not here
  --sessions N        idle sessions (default 10,000; with --quick 1,000)
  --online N          sessions in the hot room (default 20,000; with --quick 1,000)
  --gateways N        gateways of banyan-cluster (default 1; storm and hotRoom have at least 2)
  --messaging N       its messaging processes (default 1)
  --nats 1|3          its NATS nodes (default 3)
  --front             HAProxy between its clients and gateways
  --reuse-port        its gateways share one port
  --seed N            for the order of random choices (default: drawn, printed)
  --profile FOLDER    let Banyan's process write a CPU profile there when it stops; a cluster's processes write
                      theirs into their own folders, with --keep
  --keep              keep the data folders under .artifacts
  --no-history        write neither bench/history.ndjson nor README.md nor docs/
  --history           measure nothing: every figure over the runs so far (of --targets a,b; default banyan)

Ends with 1 when a step failed, with 3 when all worked and a full run broke a budget of bench/budgets.json.
`;

export interface Wish {
  readonly sizes: Sizes;
  readonly seed: number;
  readonly only: readonly string[] | null;
  readonly targets: readonly TargetName[];
  /** Whether the servers are the usual ones. */
  readonly isUsual: boolean;
  readonly keep: boolean;
  readonly history: boolean;
  readonly command: string;
}

export function read(args: readonly string[]): Wish | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        quick: { type: "boolean", default: false },
        only: { type: "string" },
        targets: { type: "string" },
        sessions: { type: "string" },
        seed: { type: "string" },
        online: { type: "string" },
        gateways: { type: "string" },
        messaging: { type: "string" },
        nats: { type: "string" },
        peers: { type: "boolean", default: false },
        front: { type: "boolean", default: false },
        "reuse-port": { type: "boolean", default: false },
        profile: { type: "string" },
        keep: { type: "boolean", default: false },
        "no-history": { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return help;
    if (values.profile) process.env.BENCH_PROFILE = values.profile;
    const sizes = values.quick ? quickSizes : fullSizes;
    const cluster = {
      ...sizes.cluster,
      gateways: whole(values.gateways, sizes.cluster.gateways),
      messaging: whole(values.messaging, sizes.cluster.messaging),
      nats: whole(values.nats, sizes.cluster.nats) === 1 ? (1 as const) : (3 as const),
      front: values.front,
      reusePort: values["reuse-port"],
    };
    const crowd = whole(values.sessions, sizes.crowd);
    return {
      sizes: { ...sizes, crowd, hotOnline: whole(values.online, sizes.hotOnline), cluster },
      seed: whole(values.seed, Date.now() % 1_000_000),
      only: names(values.only, [...journeys.map(({ name }) => name), "micro"]),
      targets: targetsOf(values.targets, values.peers),
      isUsual: values.targets === undefined && !values.peers,
      keep: values.keep,
      history: !values["no-history"],
      command: ["./banyan bench", ...args].join(" "),
    };
  } catch (error) {
    return `${(error as Error).message}\n\n${help}`;
  }
}

function targetsOf(given: string | undefined, withPeers: boolean): readonly TargetName[] {
  const named = names(given, targetNames);
  if (named) return named;
  return withPeers ? ["banyan", ...besideBanyan] : quickTargets;
}

function whole(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\d{1,7}$/.test(text)) throw new Error(`"${text}" should be a whole number.`);
  return Number(text);
}

function names<Name extends string>(text: string | undefined, known: readonly Name[]): Name[] | null {
  if (text === undefined) return null;
  return text.split(",").map((given) => {
    const found = known.find((name) => name === given);
    if (found === undefined) throw new Error(`"${given}" is none of ${known.join(", ")}.`);
    return found;
  });
}
