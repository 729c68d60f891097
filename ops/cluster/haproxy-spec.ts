// What HAProxy shall stand in front of: addresses and times, checked before they become lines of its configuration.

import { StartProblem } from "#app/start-problem.ts";
import { hourMs, minuteMs, secondMs } from "#base/units.ts";

export interface HaproxySpec {
  /** Where clients arrive: HTTP/1.1 and, with a certificate, HTTP/2 as well. */
  readonly listen: Address & { readonly certificate?: string };
  /** Answers every plain request by the same address with https. */
  readonly redirectFrom?: Address;
  /** Where a balancer further out arrives; it must send the PROXY protocol, version 1 or 2. */
  readonly outer?: Address & {
    readonly certificate?: string;
    /** That balancer ends TLS, so that what it passes on was encrypted although it is not any more. */
    readonly endsTls?: boolean;
  };
  readonly gateways: readonly BalancedProcess[];
  readonly api: readonly BalancedProcess[];
  readonly postgres?: PostgresBehindHaproxy;
  /** Commands for operators and for hitless reloads. */
  readonly statsSocket?: string;
  /** Prometheus figures of HAProxy itself, at /metrics. */
  readonly metrics?: Address;
  /** Asks this name server for names of hosts again and again, as `127.0.0.11:53` where containers move. */
  readonly resolver?: string;
  readonly limits?: Partial<HaproxyLimits>;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A Banyan process; one with several roles stands in both lists. */
export interface BalancedProcess extends Address {
  readonly name: string;
  readonly agentPort: number;
}

export interface PostgresBehindHaproxy {
  /** Leads to whichever node is the primary. */
  readonly primary: Address;
  /** Leads to the streaming replicas. */
  readonly replicas: Address;
  /** `restPort`: Patroni's REST API, which says who is what. */
  readonly nodes: readonly (Address & { readonly name: string; readonly restPort: number })[];
}

export const haproxyLimits = {
  /** Open files of this HAProxy, where the system allows so many; a session takes two. */
  filesMax: 500_000,
  /** Sockets of one gateway; the ports of one address pair end at about 64,000. */
  sessionsPerGatewayMax: 60_000,
  /** Requests that one API process is given at once; more wait. */
  requestsPerApiMax: 500,
  checkEveryMs: secondMs,
  /** After the first that failed. */
  checkInDoubtEveryMs: 200,
  /** A check without an answer by then has failed. */
  checkWithinMs: 2 * secondMs,
  /** So many failed checks in a row, and a server is down. */
  checksFailedMax: 2,
  agentEveryMs: 500,
  slowStartMs: 20 * secondMs,
  queueMs: 5 * secondMs,
  /** How long a client may keep its request half sent, or its answer unread. */
  clientSilentMs: 30 * secondMs,
  /** Both sides of a session speak every 30 s, so silence this long means that both are gone. */
  tunnelMs: 10 * minuteMs,
  /** How long an old process serves its sessions after a reload. */
  reloadMs: 12 * hourMs,
};

export type HaproxyLimits = typeof haproxyLimits;

export function at({ host, port }: Address): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Such a HAProxy stands by itself, so that people's balancer and PostgreSQL's do not fall together. */
export function isForPostgresOnly({ gateways, api, postgres }: HaproxySpec): boolean {
  return postgres !== undefined && gateways.length + api.length === 0;
}

/** Each text stands in a line of its own meaning: one with a blank or a line break could add another. */
export function checkSpec(spec: HaproxySpec): void {
  const hosts = [spec.listen, spec.redirectFrom, spec.outer, spec.metrics, spec.postgres?.primary];
  hosts.push(spec.postgres?.replicas, ...spec.gateways, ...spec.api, ...(spec.postgres?.nodes ?? []));
  for (const address of hosts) if (address) checkAddress(address);
  for (const group of [spec.gateways, spec.api, spec.postgres?.nodes ?? []]) checkNames(group);
  for (const file of [spec.listen.certificate, spec.outer?.certificate, spec.statsSocket, spec.resolver])
    if (file !== undefined && !/^[\w./:@-]+$/.test(file)) refuse(`${JSON.stringify(file)} is no plain path.`);
  if (isForPostgresOnly(spec)) return;
  if (spec.gateways.length === 0) refuse("There is no gateway.");
  if (spec.api.length === 0) refuse("There is no API process.");
}

function checkAddress({ host, port }: Address): void {
  if (!/^[\w.:*-]+$/.test(host)) refuse(`${JSON.stringify(host)} is no address or host name.`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    refuse(`${host} has the impossible port ${port}.`);
}

function checkNames(group: readonly { readonly name: string }[]): void {
  const names = group.map(({ name }) => name);
  for (const name of names)
    if (!/^[\w.-]+$/.test(name)) refuse(`${JSON.stringify(name)} cannot be a server's name.`);
  if (new Set(names).size < names.length) refuse(`A name stands twice in ${names.join(", ")}.`);
}

function refuse(what: string): never {
  throw new StartProblem(what, "See docs/guides/balancing.md for what HAProxy's configuration is made of.");
}
