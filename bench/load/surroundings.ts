// What a device needs of its process: clocks, books, and who is where.

import type { WireChange } from "#protocol/frames.ts";
import type { Sending } from "./commands.ts";
import type { Device } from "./device.ts";
import type { HistoryBook } from "./history-book.ts";
import type { Address } from "./job.ts";
import type { Ledger, Room } from "./ledger.ts";
import type { Notes } from "./notes.ts";
import type { Applied, Position } from "./position.ts";

export interface Head {
  readonly conversation: string;
  readonly rev: number;
  readonly lastSeq: number;
  readonly readSeq: number;
}

export interface Surroundings {
  readonly runTag: number;
  readonly notes: Notes;
  readonly ledger: Ledger;
  readonly history: HistoryBook | null;
  /** The audit calls sessions anew: that they come back is its doing. */
  readonly isRollCall: boolean;
  /** Milliseconds of this process, as `performance.now()`. */
  now(): number;
  /** Microseconds of the epoch, alike in all processes of the machine. */
  nowUs(): number;
  later(afterMs: number, then: () => void): void;
  chance(): number;
  doorOf(device: number): Address;
  roomOf(conversation: string): Room;
  /** By the 16 bytes that stand there; undefined: not one of ours. */
  roomAt(bytes: Buffer, at: number): Room | undefined;
  /** The device may have missed something there: look again when the grace is over. */
  doubt(device: Device, position: Position): void;
  /** The first welcome of a device: the person now knows where they stand. */
  cameFirst(device: Device): void;
  /** A head that a session was told when it came back. */
  rollCall(device: Device, position: Position, head: Head): void;
  rowsOf(changes: readonly WireChange[]): (Applied & { readonly author: number })[];
  /** Refused for good. */
  failed(device: Device, sending: Sending, code: string): void;
}
