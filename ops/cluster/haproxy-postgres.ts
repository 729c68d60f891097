// PostgreSQL behind HAProxy: one port leads to the primary, another to the replicas. Patroni says who is what.

import type { Section } from "#ops/cluster/haproxy-config.ts";
import {
  type Address,
  at,
  type HaproxyLimits,
  type PostgresBehindHaproxy,
} from "#ops/cluster/haproxy-spec.ts";

/** `movable`: names are asked again and again, by the resolvers `names`. */
export function postgresSections(
  spec: PostgresBehindHaproxy | undefined,
  limits: HaproxyLimits,
  movable = false,
): Section[] {
  if (!spec) return [];
  const names = movable ? " resolvers names init-addr last,libc,none" : "";
  const nodes = spec.nodes.map((node) => `server ${node.name} ${at(node)} port ${node.restPort}${names}`);
  return [
    listen("postgres_primary", spec.primary, "/primary", limits, nodes),
    listen("postgres_replicas", spec.replicas, "/replica", limits, nodes),
  ];
}

/** A primary that was replaced must not keep a writer: the connections of what is down are cut. */
function listen(
  name: string,
  address: Address,
  path: string,
  limits: HaproxyLimits,
  nodes: readonly string[],
): Section {
  return [
    `listen ${name}`,
    "mode tcp",
    `bind ${at(address)}`,
    "balance leastconn",
    "option tcplog",
    "option httpchk",
    `http-check send meth OPTIONS uri ${path}`,
    "http-check expect status 200",
    "timeout client 24h",
    "timeout server 24h",
    `default-server check inter ${limits.checkEveryMs}ms fall 2 rise 1 on-marked-down shutdown-sessions`,
    ...nodes,
  ];
}
