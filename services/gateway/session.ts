// One connection: who is there, what is under way for them, and how much more they may ask. Kept small: a gateway
// holds tens of thousands of idle ones.

import type { ConversationId, MessageName, Seq, SessionId, UserId } from "#base/ids.ts";
import type { Socket, SocketPayload } from "#ports/sockets.ts";
import { closeCodes } from "#protocol/close-codes.ts";
import type { Codec } from "#protocol/codec.ts";
import type { ServerFrame } from "#protocol/frames.ts";

/** What a session has on its screen: presence, typing and receipts are told for these only. */
export interface Looking {
  readonly conversations: readonly ConversationId[];
  readonly endWatch: () => void;
}

export class ClientSession {
  readonly socket: Socket;
  readonly codec: Codec;
  state: "connected" | "greeting" | "live" | "closed" = "connected";
  user = "" as UserId;
  isBot = false;
  id = "" as SessionId;
  /** Its place in the hub while it is there. */
  slot = -1;
  /** Numbers of the hub's rooms that it is in. */
  rooms: Int32Array = noRooms;
  /** The hub's count of changes when this session was last told its heads. */
  toldChangeNo = 0;
  inFlight = 0;
  /** Names of sends that are not answered yet: their receipts tell this session what the change would. */
  namesInFlight: Set<MessageName> | null = null;
  /** Receipts that leave at the end of this moment. */
  receipts: SocketPayload[] | null = null;
  /** Fulfils when the catch-ups that it has asked for are answered. */
  catchingUp: Promise<void> | null = null;
  looking: Looking | null = null;
  /** Read cursors told of this user between hello and welcome, which may be newer than what welcome was read from. */
  readsMeanwhile: Map<ConversationId, Seq> | null = null;
  allowance: number;
  allowanceAt = 0;
  refusedInRow = 0;
  /** Until then what it writes is refused here: it was told that there is too much to do, and when to come back. */
  heldUntil = 0;
  /** Ids of sends that were refused meanwhile and are not told so yet. */
  unsaid: number[] | null = null;
  heldAt = 0;
  lateSends = 0;

  constructor(socket: Socket, codec: Codec, allowance: number) {
    this.socket = socket;
    this.codec = codec;
    this.allowance = allowance;
  }

  /** An answer must arrive or the connection ends: the client then comes back and asks again. */
  answer(frame: ServerFrame): void {
    this.answerEncoded(this.codec.encodeServer(frame));
  }

  answerEncoded(payload: SocketPayload): void {
    if (this.state !== "closed" && !this.socket.send(payload))
      this.socket.close(closeCodes.slowReader, "slow reader");
  }

  /** News may be dropped when the reader is slow: numbers show it, and the reader asks `since` (law 6). */
  tell(payload: SocketPayload): void {
    if (this.state !== "closed") this.socket.send(payload);
  }
}

const noRooms = new Int32Array(0);
