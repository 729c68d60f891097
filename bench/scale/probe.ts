// A small fixed load beside the idle crowd: what one 1:1 message and one delivery in a room cost, and how long they
// take, while so many others are logged in. What the crowd's own heartbeats cost meanwhile is taken off.

import { type Crowd, gather } from "#bench/driver/crowd.ts";
import type { Seat } from "#bench/driver/dialect.ts";
import { banyanBinary } from "#bench/driver/dialect-banyan.ts";
import { type Group, Load, type Window } from "#bench/driver/load.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import {
  blockPeople,
  conversationOf,
  memberOf,
  probeBlock,
  probeRoomMembers,
  probeRound,
  tokenOf,
} from "./people.ts";

export const probeSessions = 200;
const pairs = probeSessions / 2;
const directPerSecond = 200;
const roomPerSecond = 20;
const warmSeconds = 2;
const seconds = 6;

export interface ProbeResult {
  readonly directCpuUs: number;
  readonly directPartsUs: Readonly<Record<string, number>>;
  readonly directAckP50Ms: number;
  readonly directAckP99Ms: number;
  readonly directDeliveryP99Ms: number;
  readonly directDone: number;
  readonly roomDeliveryCpuUs: number;
  readonly roomAckP99Ms: number;
  readonly roomDeliveryP50Ms: number;
  readonly roomDeliveryP99Ms: number;
  readonly roomDone: number;
  readonly missing: number;
}

export interface ProbeNeeds {
  readonly ports: readonly number[];
  readonly pids: Readonly<Record<string, readonly number[]>>;
  /** What the crowd alone takes, in microseconds of CPU a second, by part. */
  readonly idleUsPerSecond: Readonly<Record<string, number>>;
  readonly seed: number;
}

export async function probe(needs: ProbeNeeds): Promise<ProbeResult> {
  const direct = await withCrowd(needs, pairSeats(), pairGroups, directPerSecond);
  const room = await withCrowd(needs, roomSeats(), roomGroups, roomPerSecond);
  const directUs = more(direct.window, needs.idleUsPerSecond);
  const roomUs = more(room.window, needs.idleUsPerSecond);
  return {
    directCpuUs: sum(directUs) / direct.window.acked,
    directPartsUs: Object.fromEntries(
      Object.entries(directUs).map(([part, us]) => [part, us / direct.window.acked]),
    ),
    directAckP50Ms: direct.window.ack.p50Ms,
    directAckP99Ms: direct.window.ack.p99Ms,
    directDeliveryP99Ms: direct.window.delivery.p99Ms,
    directDone: direct.window.perSecond / directPerSecond,
    roomDeliveryCpuUs: sum(roomUs) / room.window.deliveries,
    roomAckP99Ms: room.window.ack.p99Ms,
    roomDeliveryP50Ms: room.window.delivery.p50Ms,
    roomDeliveryP99Ms: room.window.delivery.p99Ms,
    roomDone: room.window.perSecond / roomPerSecond,
    missing: direct.missing + room.missing,
  };
}

async function withCrowd(
  { ports, pids, seed }: ProbeNeeds,
  seats: readonly Seat[],
  groupsOf: (links: readonly Link[]) => Group[],
  perSecond: number,
): Promise<{ window: Window; missing: number }> {
  const dialect = banyanBinary(seed + perSecond);
  const load = new Load(dialect, Object.values(pids).flat(), pids);
  let crowd: Crowd | null = null;
  try {
    crowd = await gather({ port: ports[0]!, ports, dialect, seats, ear: load.ear, dialingMax: 20 });
    load.seat(groupsOf(crowd.links));
    const window = await load.openLoop(perSecond, warmSeconds, seconds);
    if (window.acked === 0) throw new Error("no message of the probe was acknowledged");
    return { window, missing: load.missing() };
  } finally {
    crowd?.close();
  }
}

/** Two of a pair sit next to each other, so at neighbouring gateways. */
function pairSeats(): Seat[] {
  return Array.from({ length: probeSessions }, (_, at) => {
    const pair = at >> 1;
    const place = conversationOf(0, probeBlock, pair);
    return { token: tokenOf(memberOf(0, probeBlock, pair, at & 1)), places: [place] };
  });
}

function pairGroups(links: readonly Link[]): Group[] {
  return Array.from({ length: pairs }, (_, pair) => {
    const members = links.slice(2 * pair, 2 * pair + 2);
    for (const link of members) link.sampled = true;
    return {
      place: conversationOf(0, probeBlock, pair),
      members,
      senders: members,
      watcherOf: (sender: Link) => members[sender === members[0] ? 1 : 0]!,
    };
  });
}

function roomSeats(): Seat[] {
  const places = [conversationOf(probeRound, probeBlock, 0)];
  return Array.from({ length: probeRoomMembers }, (_, at) => ({
    token: tokenOf(probeBlock * blockPeople + at),
    places,
  }));
}

function roomGroups(links: readonly Link[]): Group[] {
  const [first, second] = [links[0]!, links[1]!];
  first.sampled = true;
  second.sampled = true;
  return [
    {
      place: conversationOf(probeRound, probeBlock, 0),
      members: links,
      senders: links.slice(2, 12),
      watcherOf: () => first,
    },
  ];
}

function more(window: Window, idle: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(window.partCpuUs).map(([part, us]) => [part, us - (idle[part] ?? 0) * window.seconds]),
  );
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((all, us) => all + us, 0);
}
