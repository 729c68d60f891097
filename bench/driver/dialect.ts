// What differs between the servers under load: how a client logs in, sends and reads. All else is one driver.

import type { Framing, Link } from "./web-socket.ts";

/** Who a client is and where it sits: an account's token, or bare room names for the peers. */
export interface Seat {
  readonly token: string;
  readonly places: readonly string[];
}

/** What a dialect tells the driver. */
export interface Ear {
  live(link: Link): void;
  acked(link: Link, op: number): void;
  refused(link: Link, op: number | null, code: string, retryAfterMs?: number): void;
  delivered(link: Link, count: number): void;
  /** A delivery of this op's message, on sampled links only. */
  saw(link: Link, op: number): void;
}

export interface Dialect {
  readonly subprotocol: string | null;
  /** Where the server's own wire is a stream without WebSocket. */
  readonly framing?: Framing;
  path(seat: Seat): string;
  /** The WebSocket stands: write what logs in. */
  opened(link: Link, seat: Seat): void;
  received(link: Link, bytes: Buffer, from: number, to: number, ear: Ear): void;
  send(link: Link, place: string, op: number): void;
  /** What a client says now and then to stay; nothing where the server asks. */
  heartbeat(link: Link): void;
}

/** Each message's text carries its op's number behind this mark, so that a receiver knows when it was sent. */
export const mark = "#op:";
export const opDigits = 10;
export const textBytes = 150;
const markBytes = Buffer.from(mark);

const filler =
  "a plain sentence of the size that people write to each other, again and again, all day long. ";

export function textOf(op: number): string {
  const head = mark + String(op).padStart(opDigits, "0");
  return `${head} ${filler.repeat(2)}`.slice(0, textBytes);
}

/** Writes the number's digits over the ones that stand at `at`. */
export function patchDigits(bytes: Uint8Array, at: number, op: number): void {
  let left = op;
  for (let i = opDigits - 1; i >= 0; i--) {
    bytes[at + i] = 48 + (left % 10);
    left = Math.floor(left / 10);
  }
}

/** Calls `saw` for each marked text within; how many there were. */
export function scanMarks(link: Link, bytes: Buffer, from: number, to: number, ear: Ear | null): number {
  let count = 0;
  for (let at = bytes.indexOf(markBytes, from); at >= 0 && at < to; at = bytes.indexOf(markBytes, at + 14)) {
    count++;
    if (ear) ear.saw(link, readDigits(bytes, at + mark.length));
  }
  return count;
}

/** The number that `patchDigits` wrote. */
export function readDigits(bytes: Buffer, at: number): number {
  let value = 0;
  for (let i = 0; i < opDigits; i++) value = value * 10 + (bytes[at + i]! - 48);
  return value;
}
