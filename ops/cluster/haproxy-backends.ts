// The two kinds of Banyan process behind HAProxy. A gateway's sessions last for days, an API request for
// milliseconds: what is checked, counted and cut differs accordingly.

import type { Section } from "#ops/cluster/haproxy-config.ts";
import { at, type BalancedProcess, type HaproxyLimits, type HaproxySpec } from "#ops/cluster/haproxy-spec.ts";

export function backends(spec: HaproxySpec, limits: HaproxyLimits): Section[] {
  return [gateways(spec, limits), api(spec, limits)];
}

/**
 * The check asks whether a gateway lives, the agent whether it wants more: a process that stops is alive and not
 * ready, and its sessions must last until it has told them where to go. What is dead or hangs is cut off at once,
 * so that its people come back in seconds instead of at the end of their heartbeat.
 */
function gateways(spec: HaproxySpec, limits: HaproxyLimits): Section {
  return [
    "backend gateways",
    "balance leastconn",
    ...check("/health/live"),
    // Only where no connection was made: a handshake that a gateway has seen is the client's to repeat.
    "retries 2",
    "option redispatch 1",
    "retry-on conn-failure",
    `default-server ${common(limits)} maxconn ${limits.sessionsPerGatewayMax} on-marked-down shutdown-sessions`,
    ...spec.gateways.map((process) => server(process, spec)),
  ];
}

function api(spec: HaproxySpec, limits: HaproxyLimits): Section {
  return [
    "backend api",
    "balance leastconn",
    ...check("/health/ready"),
    "retries 2",
    "option redispatch 1",
    // Reading again is harmless; whether a write was done only its author can find out.
    "retry-on conn-failure empty-response",
    "http-request disable-l7-retry unless METH_GET",
    // The pool gives up an idle connection well before the process does (20 s).
    "http-reuse safe",
    ...[502, 503, 504].map(unavailable),
    `default-server ${common(limits)} maxconn ${limits.requestsPerApiMax} pool-purge-delay 2s`,
    ...spec.api.map((process) => server(process, spec)),
  ];
}

function check(path: string): string[] {
  return [
    "option httpchk",
    `http-check send meth GET uri ${path} hdr Host balancer`,
    "http-check expect status 200",
  ];
}

/** The agent's percentages are taken of weight 100. */
function common(limits: HaproxyLimits): string {
  // Once in doubt it asks at once: two checks in a row still have to fail, each in its own time.
  const times = `inter ${limits.checkEveryMs}ms fastinter ${limits.checkInDoubtEveryMs}ms`;
  const checks = `check ${times} fall ${limits.checksFailedMax} rise 1`;
  return `${checks} agent-check agent-inter ${limits.agentEveryMs}ms slowstart ${limits.slowStartMs}ms weight 100`;
}

function server(process: BalancedProcess, { resolver }: HaproxySpec): string {
  const names = resolver === undefined ? "" : " resolvers names init-addr last,libc,none";
  return `server ${process.name} ${at(process)} agent-port ${process.agentPort}${names}`;
}

/** What the API itself says when it cannot work, so that clients need to know one form only. */
function unavailable(status: number): string {
  const message = "The server cannot be reached now. Try again after retryAfterMs.";
  const body = JSON.stringify({ error: { code: "unavailable", message, retryAfterMs: 1000 } });
  return `http-error status ${status} content-type application/json string '${body}' hdr Retry-After 1`;
}
