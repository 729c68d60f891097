// The faults that the drill knows: what each does, how long it lasts, and how it goes. What is killed comes back as a
// service manager would bring it back: Banyan, HAProxy and Redis after a second, a host only when it was away for long.

import type { PartProcess } from "#ops/cluster/parts/part-process.ts";
import type { Chance } from "#ops/drill/chance.ts";
import type { DrillCluster, Ground } from "#ops/drill/drill-cluster.ts";
import { ready } from "#ops/drill/drill-cluster.ts";
import { etcdLeader, streamLeader } from "#ops/drill/leaders.ts";
import { dropSome } from "#ops/drill/packet-loss.ts";

export interface Struck {
  readonly cluster: DrillCluster;
  readonly chance: Chance;
  /** For the row: what was done when. */
  note(what: string): void;
}

export interface Fault {
  readonly name: string;
  readonly what: string;
  readonly ground: Ground;
  readonly lastsMs: number;
  /** From when the time to normal counts: a fault that slows everything for as long as it lasts counts from its end. */
  readonly normalFrom?: "end";
  /** Answers how it goes again. */
  act(struck: Struck): Promise<() => Promise<void>>;
}

const managerMs = 1_000;
const awayMs = 12_000;

export const faults: readonly Fault[] = [
  ...["gateway", "messaging", "worker", "api", "presence"].map((kind) =>
    killed(kind, `kill -9 of a process: ${kind}`, managerMs, async ({ cluster, chance }) =>
      chance.oneOf(cluster.rolesNamed(kind)),
    ),
  ),
  killed("nats-leader", "kill -9 of the stream leader's NATS", awayMs, async ({ cluster }) => {
    return cluster.parts.nats[await streamLeader(cluster.parts.nats, cluster.folder)]!;
  }),
  killed("nats-follower", "kill -9 of another NATS", awayMs, async ({ cluster, chance }) => {
    const leader = await streamLeader(cluster.parts.nats, cluster.folder);
    return chance.oneOf(cluster.parts.nats.filter((_, at) => at !== leader));
  }),
  killed("redis", "kill -9 of Redis", 3_000, async ({ cluster }) => cluster.parts.redis!),
  killed("haproxy", "kill -9 of HAProxy in front", managerMs, async ({ cluster }) => cluster.front),
  killed("etcd-leader", "kill -9 of the etcd leader", awayMs, async ({ cluster }) => {
    return cluster.parts.etcd[await etcdLeader(cluster.parts.etcd)]!;
  }),
  onPrimary("postmaster", "kill -9 of the primary's postmaster", "plain", awayMs, async (cluster, at) => {
    await cluster.parts.postgres[at]!.kill9();
    return async () => {};
  }),
  onPrimary("postgres-host", "primary's host lost", "plain", 15_000, async (cluster, at) => {
    await Promise.all([cluster.parts.patroni[at]!.kill9(), cluster.parts.postgres[at]!.killAll9()]);
    return () => ready(cluster.parts.patroni[at]!);
  }),
  onPrimary("postgres-paused", "primary's PostgreSQL paused", "plain", 20_000, async (cluster, at) => {
    cluster.parts.postgres[at]!.pause();
    return async () => cluster.parts.postgres[at]!.resume();
  }),
  {
    name: "nats-paused",
    what: "a NATS paused",
    ground: "plain",
    lastsMs: 20_000,
    act: async ({ cluster, chance }) => {
      const victim = chance.oneOf(cluster.parts.nats);
      victim.pause();
      return async () => victim.resume();
    },
  },
  {
    name: "gateway-paused",
    what: "a gateway paused",
    ground: "plain",
    lastsMs: 10_000,
    act: async ({ cluster, chance }) => {
      const victim = chance.oneOf(cluster.rolesNamed("gateway"));
      victim.pause();
      return async () => victim.resume();
    },
  },
  {
    name: "messaging-paused",
    what: "a messaging process paused",
    ground: "plain",
    lastsMs: 10_000,
    act: async ({ cluster, chance }) => {
      const victim = chance.oneOf(cluster.rolesNamed("messaging"));
      victim.pause();
      return async () => victim.resume();
    },
  },
  {
    name: "rolling-restart",
    what: "rolling restart of every role",
    ground: "plain",
    lastsMs: 0,
    act: async ({ cluster, note }) => {
      for (const role of cluster.roles) {
        note(`${role.name} is told to stop`);
        await role.stop();
        note(`${role.name} has ended`);
        await ready(role);
        note(`${role.name} is back`);
        // HAProxy has to see it: what an operator waits for as well.
        await Bun.sleep(2_000);
      }
      return async () => {};
    },
  },
  {
    name: "loss",
    what: "1 % of all packets lost",
    ground: "plain",
    lastsMs: 20_000,
    normalFrom: "end",
    act: async ({ cluster }) => {
      const stop = dropSome(cluster.folder.ports.base, 1);
      return async () => stop();
    },
  },
  onPrimary("partition", "primary's host cut off from all", "hosts", 20_000, async ({ hosts }, at) => {
    hosts!.cut(at, "all");
    return async () => hosts!.heal(at);
  }),
  onPrimary("partition-hosts", "primary cut off from other hosts", "hosts", 20_000, async ({ hosts }, at) => {
    hosts!.cut(at, "hosts");
    return async () => hosts!.heal(at);
  }),
  onPrimary("full-disk", "primary's disk full", "small-disks", 20_000, async ({ disks }, at) => {
    disks!.fill(at);
    return async () => disks!.free(at);
  }),
];

function killed(
  name: string,
  what: string,
  lastsMs: number,
  choose: (struck: Struck) => Promise<PartProcess>,
): Fault {
  return {
    name,
    what,
    ground: "plain",
    lastsMs,
    act: async (struck) => {
      const victim = await choose(struck);
      struck.note(victim.name);
      await victim.kill9();
      return () => ready(victim);
    },
  };
}

function onPrimary(
  name: string,
  what: string,
  ground: Ground,
  lastsMs: number,
  strike: (cluster: DrillCluster, at: number) => Promise<() => Promise<void>>,
): Fault {
  const act = async ({ cluster }: Struck) => strike(cluster, await cluster.parts.primary());
  return { name, what, ground, lastsMs, act };
}
