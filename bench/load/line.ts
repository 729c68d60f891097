// A device's connection: dials, says hello, comes back when it is cut, as the client library does: backoff with
// jitter, or what the server told it to wait.

import { inflateRawSync } from "node:zlib";
import { clientFrame, dial, type Link, opcode } from "#bench/driver/web-socket.ts";
import { closeCodes } from "#protocol/close-codes.ts";
import { codecs } from "#protocol/codecs.ts";
import { type ClientFrame, protocolVersion, type ServerFrame, serverFrame } from "#protocol/frames.ts";
import { limits, silentHeartbeats } from "#protocol/limits.ts";
import type { Surroundings } from "./surroundings.ts";

const codec = codecs["banyan.v1.msgpack"];
const path = "/v1/socket";
const changesNo = serverFrame.members.changes.no;
const ping = framed({ kind: "ping" });
const retryMaxMs = 30_000;

/** away: the person, or the network, is not there. waiting: it comes back by itself. */
export type LineState = "away" | "waiting" | "dialing" | "live";

export interface LineListener {
  /** It is live from here on. */
  welcomed(frame: Extract<ServerFrame, { kind: "welcome" }>): void;
  /** The frame that comes in masses, undecoded. */
  changes(bytes: Buffer, from: number): void;
  heard(frame: ServerFrame): void;
  /** What was under way has no answer any more. */
  lost(): void;
}

export class Line {
  state: LineState = "away";
  readonly #world: Surroundings;
  readonly #no: number;
  readonly #token: string;
  readonly #listener: LineListener;
  #link: Link | null = null;
  #attempts = 0;
  #hintMs: number | null = null;
  #heardAtMs = 0;
  /** As the server's welcome says. */
  #heartbeatMs: number = limits.heartbeatMs;
  #beatAtMs = 0;

  constructor(world: Surroundings, no: number, token: string, listener: LineListener) {
    this.#world = world;
    this.#no = no;
    this.#token = token;
    this.#listener = listener;
  }

  dial(): void {
    this.state = "dialing";
    this.#link?.cut();
    const door = this.#world.doorOf(this.#no);
    this.#link = dial({ ...door, path, subprotocol: codec.subprotocol }, this.#handler);
  }

  /** Without a word; it does not come back by itself. */
  cut(): void {
    this.#drop();
    this.state = "away";
  }

  write(frame: ClientFrame): void {
    this.#link?.write(framed(frame));
  }

  /** How long to stay away after the next end. */
  hint(ms: number): void {
    this.#hintMs = ms;
  }

  /** Says that it is there when it is time for it, or `atOnce`; false: it is not. */
  heartbeat(nowMs: number, atOnce: boolean): boolean {
    if (this.state !== "live" || (!atOnce && nowMs < this.#beatAtMs)) return false;
    this.#beatAtMs = nowMs + this.#heartbeatMs;
    const silentMs = nowMs - this.#heardAtMs;
    if (silentMs > this.#heartbeatMs * silentHeartbeats) this.#lost("nothing was heard for too long");
    else this.#link!.write(ping);
    return true;
  }

  readonly #handler = {
    opened: (link: Link) => {
      if (link !== this.#link) return link.cut();
      const hello = { version: protocolVersion, token: this.#token, agent: "banyan-load" };
      link.write(framed({ kind: "hello", ...hello }));
    },
    message: (link: Link, bytes: Buffer, from: number, to: number) => {
      if (link === this.#link) this.#received(bytes, from, to);
    },
    closed: (link: Link, why: string) => {
      if (link === this.#link) this.#lost(why);
    },
  };

  #drop(): void {
    this.#link?.cut();
    this.#link = null;
    if (this.state === "live") this.#world.notes.online--;
    this.#listener.lost();
  }

  #lost(why: string): void {
    this.#drop();
    this.state = "waiting";
    this.#world.notes.error(`connection: ${named(why).replace(/\d{5,}/g, "N")}`);
    const growing = Math.min(retryMaxMs, 1000 * 2 ** Math.max(0, this.#attempts++ - 2));
    const waitMs = this.#hintMs ?? this.#world.chance() * growing;
    this.#hintMs = null;
    this.#world.later(waitMs, () => {
      if (this.state === "waiting") this.dial();
    });
  }

  #received(bytes: Buffer, from: number, to: number): void {
    this.#heardAtMs = this.#world.now();
    if (bytes[from] === 0x93 && bytes[from + 1] === changesNo) this.#listener.changes(bytes, from);
    else this.#decode(Buffer.from(bytes.subarray(from, to)));
  }

  #decode(bytes: Buffer): void {
    const decoded = codec.decodeServer(bytes as Buffer<ArrayBuffer>);
    if (!decoded.ok) return this.#world.notes.error(`a frame that does not decode: ${decoded.refusal}`);
    const frame = decoded.value;
    if (frame.kind === "packed") this.#decode(inflateRawSync(frame.deflated));
    else if (frame.kind === "drain") this.hint(frame.reconnectAfterMs);
    else if (frame.kind === "welcome") this.#welcomed(frame);
    else this.#listener.heard(frame);
  }

  #welcomed(frame: Extract<ServerFrame, { kind: "welcome" }>): void {
    this.state = "live";
    this.#attempts = 0;
    this.#heartbeatMs = frame.heartbeatMs;
    // Many come at once here who in life came at different times.
    this.#beatAtMs = this.#world.now() + this.#world.chance() * frame.heartbeatMs;
    this.#world.notes.online++;
    this.#listener.welcomed(frame);
  }
}

/** A close code with its name. */
function named(why: string): string {
  const [, code] = /^closed by the server with (\d+)$/.exec(why) ?? [];
  const [name] = Object.entries(closeCodes).find(([, it]) => String(it) === code) ?? [];
  return name === undefined ? why : `${name} (close code ${code})`;
}

function framed(frame: ClientFrame): Buffer {
  return clientFrame(opcode.binary, codec.encodeClient(frame) as Uint8Array);
}
