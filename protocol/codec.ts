// What a codec is. A change can be encoded by itself and put into a `changes` frame later, by bytes alone.

import type { Decoded } from "./decoded.ts";
import type { ClientFrame, ServerFrame, Subprotocol, WireChange } from "./frames.ts";

/** What a WebSocket sends: text frames for JSON, binary frames for MessagePack. */
export type Payload = string | Uint8Array<ArrayBuffer>;

export interface Codec {
  readonly subprotocol: Subprotocol;
  encodeClient(frame: ClientFrame): Payload;
  encodeServer(frame: ServerFrame): Payload;
  /** The frame, or why it is not one (the detail of `bad_frame`; it never repeats the content). */
  decodeClient(payload: Payload): Decoded<ClientFrame>;
  decodeServer(payload: Payload): Decoded<ServerFrame>;
  /** The id of a client's `send`, found without a look at the rest; null: what this is takes a full look. */
  sendIdOf(payload: Payload): number | null;
  /** The frame `refused` with the code `overloaded`, for the many that are refused in one moment. */
  encodeOverloaded(id: number, retryAfterMs: number): Payload;
  encodeChange(change: WireChange): Payload;
  /** A `changes` frame around changes that this codec encoded before. */
  frameChanges(conversation: string, changes: readonly Payload[]): Payload;
}
