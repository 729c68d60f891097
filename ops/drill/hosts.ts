// Hosts that can be cut off, on one machine: network namespaces on one bridge. What is cut is dropped without a
// word, as by a broken switch. Needs root.

import { existsSync } from "node:fs";
import { StartProblem } from "#app/start-problem.ts";
import type { Host } from "#ops/cluster/parts/part-process.ts";

export interface CutHosts {
  readonly hosts: readonly Host[];
  /** "all": nobody reaches it. "hosts": the other hosts do not, Banyan's own processes still do. */
  cut(at: number, from: "all" | "hosts"): void;
  heal(at: number): void;
  remove(): void;
}

const prefix = "bdrill";

export function makeHosts(count: number): CutHosts {
  removeLeftovers();
  const net = `10.213.${process.pid % 256}`;
  const bridge = `${prefix}${process.pid}`;
  const address = (at: number) => `${net}.${at + 11}`;
  const space = (at: number) => `${bridge}-${at + 1}`;
  const numbers = Array.from({ length: count }, (_, at) => at);
  const inside = (at: number, ...command: string[]) => run("ip", "netns", "exec", space(at), ...command);
  run("ip", "link", "add", bridge, "type", "bridge");
  run("ip", "address", "add", `${net}.1/24`, "dev", bridge);
  run("ip", "link", "set", bridge, "up");
  for (const at of numbers) {
    const outer = `${bridge}v${at}`;
    run("ip", "netns", "add", space(at));
    run("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", space(at));
    run("ip", "link", "set", outer, "master", bridge, "up");
    inside(at, "ip", "link", "set", "lo", "up");
    inside(at, "ip", "address", "add", `${address(at)}/24`, "dev", "eth0");
    inside(at, "ip", "link", "set", "eth0", "up");
  }
  return {
    hosts: numbers.map((at) => ({
      address: address(at),
      enter: ["ip", "netns", "exec", space(at)],
      calledFrom: [`${net}.1`],
    })),
    cut: (at, from) => {
      const others = numbers.filter((other) => other !== at).map(address);
      const set = `{ ${others.join(", ")} }`;
      const [arriving, leaving] =
        from === "all"
          ? [`iif != "lo" drop`, `oif != "lo" drop`]
          : [`ip saddr ${set} drop`, `ip daddr ${set} drop`];
      const chain = (hook: string, rule: string) =>
        `chain ${hook} { type filter hook ${hook} priority 0; policy accept; ${rule}; }\n`;
      inside(at, "nft", `table inet cut {\n${chain("input", arriving)} ${chain("output", leaving)}}\n`);
    },
    heal: (at) => inside(at, "nft", "delete", "table", "inet", "cut"),
    remove: () => {
      for (const at of numbers) run("ip", "netns", "delete", space(at));
      run("ip", "link", "delete", bridge);
    },
  };
}

/** Of drills that were killed. */
function removeLeftovers(): void {
  const isLeft = (name: string) => {
    const pid = new RegExp(`^${prefix}(\\d+)`).exec(name)?.[1];
    return pid !== undefined && !existsSync(`/proc/${pid}`);
  };
  for (const line of run("ip", "netns", "list").split("\n")) {
    const name = line.split(" ")[0]!;
    if (isLeft(name)) run("ip", "netns", "delete", name);
  }
  for (const line of run("ip", "-brief", "link", "show", "type", "bridge").split("\n")) {
    const name = line.split(" ")[0]!;
    if (isLeft(name)) run("ip", "link", "delete", name);
  }
}

export function run(...command: string[]): string {
  const { exitCode, stdout, stderr } = Bun.spawnSync(command);
  if (exitCode === 0) return stdout.toString();
  throw new StartProblem(
    `${command.join(" ")} failed: ${stderr.toString().trim()}`,
    "Networks and mounts need root; leave such faults out with --only.",
  );
}
