// All clients dial in the same moment, and again until they are live: after the time that the server gave, or after a
// short pause where it gave none. No pacing, no jitter: the worst case.

import type { Dialect, Ear, Seat } from "./dialect.ts";
import { dial, type Link } from "./web-socket.ts";

const retryMs = 250;
const addressCount = 8;
const deaf = { acked() {}, delivered() {}, saw() {} };

export interface Back {
  readonly retries: number;
  /** Refusals by their codes; each of these was told when to come back. */
  readonly refused: Readonly<Record<string, number>>;
  close(): void;
}

export async function comeBack(
  ports: readonly number[],
  dialect: Dialect,
  seats: readonly Seat[],
  onLive: () => void,
  withinMs = 60_000,
): Promise<Back> {
  const all = Promise.withResolvers<void>();
  const links: Link[] = [];
  const hints = new Map<number, number>();
  const refused: Record<string, number> = {};
  let live = 0;
  let retries = 0;
  let isOver = false;
  const ear: Ear = {
    ...deaf,
    live(link) {
      if (link.live) return;
      link.live = true;
      onLive();
      if (++live === seats.length) all.resolve();
    },
    refused(link, _, code, retryAfterMs) {
      refused[code] = (refused[code] ?? 0) + 1;
      if (retryAfterMs !== undefined) hints.set(link.index, retryAfterMs);
    },
  };
  const again = (link: Link) => {
    if (isOver) return;
    if (link.live) live--;
    link.live = false;
    retries++;
    const waitMs = hints.get(link.index) ?? retryMs;
    hints.delete(link.index);
    setTimeout(() => dialOne(link.index), waitMs);
  };
  const handler = {
    opened: (link: Link) => dialect.opened(link, seats[link.index]!),
    message: (link: Link, bytes: Buffer, from: number, to: number) =>
      dialect.received(link, bytes, from, to, ear),
    closed: again,
  };
  const dialOne = (index: number) => {
    if (isOver) return;
    const host = `127.0.0.${1 + (index % addressCount)}`;
    const port = ports[index % ports.length]!;
    const { subprotocol, framing } = dialect;
    const link = dial({ host, port, path: dialect.path(seats[index]!), subprotocol, framing }, handler);
    link.index = index;
    links[index] = link;
  };
  const close = () => {
    isOver = true;
    for (const link of links) link.cut();
  };
  for (let index = 0; index < seats.length; index++) dialOne(index);
  const timeout = setTimeout(
    () => all.reject(new Error(`only ${live} of ${seats.length} came back in time`)),
    withinMs,
  );
  try {
    await all.promise;
  } catch (error) {
    close();
    throw error;
  } finally {
    clearTimeout(timeout);
  }
  return { retries, refused, close };
}
