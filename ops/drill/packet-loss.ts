// Packets that get lost on this machine's loopback, between the ports of one cluster and nobody else's. Needs root.

import { portsOfABase } from "#ops/cluster/parts/ports.ts";
import { run } from "#ops/drill/hosts.ts";

/** Every packet of these ports is dropped with this chance; the answer ends it. */
export function dropSome(base: number, percent: number): () => void {
  const table = `banyan_drill_${process.pid}`;
  const ports = `${base}-${base + portsOfABase - 1}`;
  const dice = `numgen random mod 100 < ${percent}`;
  const rules = ["dport", "sport"].map((side) => `iif "lo" tcp ${side} ${ports} ${dice} drop`).join("; ");
  const chain = `chain input { type filter hook input priority 0; policy accept; ${rules}; }`;
  run("nft", `table inet ${table} {\n${chain}\n}\n`);
  return () => void run("nft", "delete", "table", "inet", table);
}
