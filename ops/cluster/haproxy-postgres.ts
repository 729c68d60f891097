// PostgreSQL behind HAProxy: one port leads to the primary, another to the replicas. Patroni says who is what.

import type { Section } from "#ops/cluster/haproxy-config.ts";
import { at, type HaproxyLimits, type PostgresBehindHaproxy } from "#ops/cluster/haproxy-spec.ts";

export function postgresSections(spec: PostgresBehindHaproxy | undefined, limits: HaproxyLimits): Section[] {
  if (!spec) return [];
  // A primary that was replaced must not keep a writer: its connections are cut.
  const cut = "on-marked-down shutdown-sessions";
  return [
    listen("postgres_primary", at(spec.primary), "/primary", cut),
    listen("postgres_replicas", at(spec.replicas), "/replica", cut),
  ];

  function listen(name: string, address: string, path: string, onChange: string): Section {
    return [
      `listen ${name}`,
      "mode tcp",
      `bind ${address}`,
      "balance leastconn",
      "option tcplog",
      "option httpchk",
      `http-check send meth OPTIONS uri ${path}`,
      "http-check expect status 200",
      "timeout client 24h",
      "timeout server 24h",
      `default-server check inter ${limits.checkEveryMs}ms fall 2 rise 1 ${onChange}`,
      ...spec!.nodes.map((node) => `server ${node.name} ${at(node)} port ${node.restPort}`),
    ];
  }
}
