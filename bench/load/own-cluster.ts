// A cluster that `./banyan cluster up` started on this machine: reached over its balancer, seen process by process,
// and broken where the profile says so. It is not ours to stop.

import { SQL } from "bun";
import { oneMachine, shapeIn } from "#ops/cluster/cluster-on-one-machine.ts";
import { socketsOfOneServerMax } from "./descriptors.ts";
import { LoadProblem } from "./load-problem.ts";
import { watchProcesses } from "./server-watch.ts";
import { doorsOf, type LoadTarget } from "./target.ts";

const readyWithinMs = 60_000;

export async function clusterIn(folder: string, sessions: number): Promise<LoadTarget> {
  const shape = shapeIn(folder);
  if (!shape) throw new LoadProblem(`There is no cluster in ${folder}.`, "Start one: ./banyan cluster up");
  const { all, roles, parts, front } = oneMachine(folder, shape);
  const url = `http://127.0.0.1:${shape.port}`;
  const gateways = roles.filter(({ name }) => name.startsWith("gateway"));
  const most = socketsOfOneServerMax();
  if (sessions > gateways.length * most)
    throw new LoadProblem(
      `${sessions.toLocaleString("en")} sessions at a time are more than ${gateways.length} gateways may hold here (${most.toLocaleString("en")} each, by ulimit -Hn).`,
      `Take a lower --count, or start it with --gateways ${Math.ceil(sessions / most)}.`,
    );
  // Through the balancer each session takes two of its files.
  const isDirect = sessions > most / 2;
  const doors = isDirect
    ? gateways.map(({ port }) => ({ host: "127.0.0.1", port }))
    : front
      ? await doorsOf(url, false)
      : [];
  const processes = () => {
    const tree: Record<string, number[]> = {};
    const add = (name: string, pid: number | null) => {
      if (pid !== null) tree[name] = [...(tree[name] ?? []), pid];
    };
    for (const part of all) add(part.name.replace(/-?\d+$/, ""), part.pid());
    for (const node of parts.postgres) add("postgres", node.postmasterPid());
    return tree;
  };
  return {
    url,
    doors,
    topology: `cluster: ${gateways.length} gateways, ${all.length} processes on one machine${isDirect ? ", sockets straight to the gateways" : ""}`,
    watch: watchProcesses(processes),
    metrics: {
      sources: roles.map(({ name, port }) => `${name.replace(/-\d+$/, "")}=http://127.0.0.1:${port}/metrics`),
      token: null,
    },
    database: () => new SQL({ url: parts.connections.postgresUrl, max: 2 }),
    faults: {
      async "gateway lost"() {
        await gateways[0]!.kill9();
        gateways[0]!.start();
        await gateways[0]!.untilReady(readyWithinMs);
      },
      async "rolling deploy"() {
        for (const gateway of gateways) await gateway.restart(readyWithinMs);
      },
    },
    async stop() {},
  };
}
