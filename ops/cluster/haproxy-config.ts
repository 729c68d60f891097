// HAProxy's configuration, from the addresses of the processes behind it. For HAProxy 2.6 and later; why it is as
// it is stands in docs/decisions/0008-balancing.md.

import { backends } from "#ops/cluster/haproxy-backends.ts";
import { frontends } from "#ops/cluster/haproxy-frontends.ts";
import { postgresSections } from "#ops/cluster/haproxy-postgres.ts";
import {
  at,
  checkSpec,
  type HaproxyLimits,
  type HaproxySpec,
  haproxyLimits,
  isForPostgresOnly,
} from "#ops/cluster/haproxy-spec.ts";

/** One section: its title, and its lines. */
export type Section = readonly [title: string, ...lines: string[]];

export function haproxyConfig(spec: HaproxySpec): string {
  checkSpec(spec);
  const limits = { ...haproxyLimits, ...spec.limits };
  const sections = [
    global(spec, limits),
    defaults(limits),
    ...resolvers(spec),
    ...metrics(spec),
    ...(isForPostgresOnly(spec) ? [] : [...frontends(spec), ...backends(spec, limits)]),
    ...postgresSections(spec.postgres, limits, spec.resolver !== undefined),
  ];
  return [opening, ...sections.map(written)].join("\n");
}

const opening = "# Made by Banyan; why it is so: docs/decisions/0008-balancing.md\n";

function written([title, ...lines]: Section): string {
  return `${title}\n${lines.map((line) => `    ${line}\n`).join("")}`;
}

function global(spec: HaproxySpec, limits: HaproxyLimits): Section {
  return [
    "global",
    "log stdout format raw local0 info",
    // It takes as many connections as the system allows it files, two for each.
    `fd-hard-limit ${limits.filesMax}`,
    // After a reload the old process keeps its sessions; the last of them are closed over a minute, not at once.
    `hard-stop-after ${limits.reloadMs}ms`,
    "close-spread-time 60s",
    "ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets",
    "ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20",
    "ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
    ...(spec.statsSocket
      ? [`stats socket ${spec.statsSocket} mode 600 level admin expose-fd listeners`, "stats timeout 30s"]
      : []),
  ];
}

function defaults(limits: HaproxyLimits): Section {
  return [
    "defaults",
    "mode http",
    "log global",
    "option dontlognull",
    // No path and no query: an invitation is a secret, and it stands in one.
    `log-format "%ci %ft %b/%s %HM %HV %ST %TR/%Tw/%Tc/%Tr/%Ta %B %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq"`,
    "timeout http-request 10s",
    "timeout http-keep-alive 10s",
    `timeout client ${limits.clientSilentMs}ms`,
    "timeout client-fin 10s",
    "timeout connect 2s",
    `timeout check ${limits.checkWithinMs}ms`,
    "timeout server 60s",
    `timeout queue ${limits.queueMs}ms`,
    `timeout tunnel ${limits.tunnelMs}ms`,
  ];
}

function resolvers({ resolver }: HaproxySpec): Section[] {
  if (resolver === undefined) return [];
  return [["resolvers names", `nameserver local ${resolver}`, "hold valid 5s", "hold obsolete 30s"]];
}

function metrics({ metrics }: HaproxySpec): Section[] {
  if (!metrics) return [];
  const service = "http-request use-service prometheus-exporter if { path /metrics }";
  return [["frontend metrics", `bind ${at(metrics)}`, "option dontlog-normal", service]];
}
