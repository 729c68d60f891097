// Who leads: the etcd member, and the NATS server that leads the stream of durable events.

import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { PartProcess } from "#ops/cluster/parts/part-process.ts";

const withinMs = 2_000;

export async function etcdLeader(members: readonly PartProcess[]): Promise<number> {
  const answers = await Promise.all(
    members.map(async ({ definition, port }) => {
      const page = `http://${definition.host.address}:${port}/v3/maintenance/status`;
      const answer = await fetch(page, { method: "POST", body: "{}", signal: AbortSignal.timeout(withinMs) });
      return (await answer.json()) as { leader: string; header: { member_id: string } };
    }),
  );
  return found(
    answers.findIndex(({ leader, header }) => leader === header.member_id),
    "etcd",
  );
}

interface StreamsPage {
  readonly account_details?: readonly {
    readonly stream_detail?: readonly { readonly cluster?: { readonly leader?: string } }[];
  }[];
}

export async function streamLeader(
  servers: readonly PartProcess[],
  { ports }: ClusterFolder,
): Promise<number> {
  for (const [at, { definition }] of servers.entries()) {
    const page = `http://${definition.host.address}:${ports.natsMonitor(at)}/jsz?accounts=true&streams=true`;
    const answer = await fetch(page, { signal: AbortSignal.timeout(withinMs) });
    const { account_details: accounts } = (await answer.json()) as StreamsPage;
    const streams = accounts?.flatMap((account) => account.stream_detail ?? []) ?? [];
    const leader = streams.map(({ cluster }) => cluster?.leader).find(Boolean);
    if (leader)
      return found(
        servers.findIndex(({ name }) => name === leader),
        "NATS",
      );
  }
  return found(-1, "NATS's streams");
}

function found(at: number, what: string): number {
  if (at < 0) throw new Error(`nobody leads ${what}`);
  return at;
}
