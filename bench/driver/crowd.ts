// Many connected clients: brings them up at a bounded pace, keeps them alive, and tells a listener what they get.

import { assert } from "#base/assert.ts";
import type { Dialect, Ear, Seat } from "./dialect.ts";
import { dial, type Link } from "./web-socket.ts";

/** Loopback addresses used in turn: one pair of addresses has some 28,000 ports only. */
const addressCount = 8;
const heartbeatMs = 30_000;

export interface Crowd {
  readonly links: readonly Link[];
  /** Links that ended without being asked to, and why. */
  readonly lost: Map<string, number>;
  close(): void;
}

export interface CrowdOptions {
  readonly port: number;
  /** More doors than the first; clients take them in turn. */
  readonly ports?: readonly number[] | undefined;
  readonly dialect: Dialect;
  readonly seats: readonly Seat[];
  readonly ear: Omit<Ear, "live">;
  /** Connections on their way at a time. */
  readonly dialingMax?: number;
  readonly withinMs?: number;
  /** Off where a measurement of few bytes would be disturbed. */
  readonly heartbeats?: boolean;
}

/** Connects and logs in all seats; fulfils when the last is live. */
export async function gather(options: CrowdOptions): Promise<Crowd> {
  const { dialect, seats } = options;
  const ports = options.ports ?? [options.port];
  const dialingMax = options.dialingMax ?? 200;
  const links: Link[] = [];
  const lost = new Map<string, number>();
  const all = Promise.withResolvers<void>();
  let liveCount = 0;
  const lose = (why: string) => {
    lost.set(why, (lost.get(why) ?? 0) + 1);
    if (liveCount < seats.length) all.reject(new Error(`client ${links.length}/${seats.length}: ${why}`));
  };
  const ear: Ear = {
    ...options.ear,
    live(link) {
      if (link.live) return;
      link.live = true;
      liveCount++;
      dialNext();
      if (liveCount === seats.length) all.resolve();
    },
    refused(link, op, code, retryAfterMs) {
      if (link.live) options.ear.refused(link, op, code, retryAfterMs);
      else lose(`refused with ${code}`);
    },
  };
  const handler = {
    opened: (link: Link) => dialect.opened(link, seats[link.index]!),
    message: (link: Link, bytes: Buffer, from: number, to: number) =>
      dialect.received(link, bytes, from, to, ear),
    closed: (_: Link, why: string) => lose(why),
  };
  const dialNext = () => {
    const index = links.length;
    const seat = seats[index];
    if (!seat) return;
    const host = `127.0.0.${1 + (index % addressCount)}`;
    const port = ports[index % ports.length]!;
    const { subprotocol, framing } = dialect;
    const link = dial({ host, port, path: dialect.path(seat), subprotocol, framing }, handler);
    link.index = index;
    links.push(link);
  };
  for (let i = 0; i < dialingMax; i++) dialNext();
  const timeout = setTimeout(
    () => all.reject(new Error(`only ${liveCount} of ${seats.length} clients were live in time`)),
    options.withinMs ?? 60_000,
  );
  const stopHeartbeats = options.heartbeats === false ? () => {} : startHeartbeats(dialect, links);
  const close = () => {
    stopHeartbeats();
    for (const link of links) link.cut();
  };
  try {
    await all.promise;
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timeout);
  }
  assert(links.length === seats.length, "every seat has its link");
  return { links, lost, close };
}

/** Spreads the heartbeats evenly, as they are when people came at different times. */
function startHeartbeats(dialect: Dialect, links: readonly Link[]): () => void {
  const slots = 100;
  let slot = 0;
  const timer = setInterval(() => {
    for (let i = slot; i < links.length; i += slots) if (links[i]!.live) dialect.heartbeat(links[i]!);
    slot = (slot + 1) % slots;
  }, heartbeatMs / slots);
  return () => clearInterval(timer);
}
