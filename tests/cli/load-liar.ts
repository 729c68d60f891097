// A door in front of a server that lies to clients of the binary wire, so that an audit can show that it notices:
// it swallows a send and acknowledges it, gives a send twice, or keeps deliveries back.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { clientFrame, opcode } from "#bench/driver/web-socket.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame } from "#protocol/frames.ts";

/** `swallow` and `twice`: the third send. `deaf`: every fifth `changes`. */
export type Lie = "none" | "swallow" | "twice" | "deaf";

export interface Liar {
  readonly url: string;
  /** How often it lied. */
  readonly lies: number;
  tell(lie: Lie): void;
  close(): Promise<void>;
}

const codec = codecs["banyan.v1.msgpack"];

export async function openLiar(port: number): Promise<Liar> {
  const state = { lie: "none" as Lie, sends: 0, changes: 0, lies: 0 };
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const behind = connect({ host: "127.0.0.1", port });
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    const up = new Frames((whole, payload) => {
      for (const frame of sent(whole, payload, client)) behind.write(frame);
    });
    const down = new Frames((whole, payload) => {
      if (!isKeptBack(payload)) client.write(whole);
    });
    client.on("data", (chunk) => up.take(chunk as Buffer, (rest) => behind.write(rest)));
    behind.on("data", (chunk) => down.take(chunk as Buffer, (rest) => client.write(rest)));
  });

  /** What goes on to the server. */
  function sent(whole: Buffer, payload: Buffer, client: Socket): Buffer[] {
    const decoded = codec.decodeClient(payload as Buffer<ArrayBuffer>);
    if (!decoded.ok || decoded.value.kind !== "send") return [whole];
    const isTheOne = ++state.sends === 3;
    if (!isTheOne || (state.lie !== "swallow" && state.lie !== "twice")) return [whole];
    state.lies++;
    if (state.lie === "twice") return [whole, again(decoded.value)];
    const ack = codec.encodeServer({ kind: "ack", id: decoded.value.id, rev: 0, seq: 1, at: 1 });
    client.write(serverFrameAround(ack as Uint8Array));
    return [];
  }

  function isKeptBack(payload: Buffer): boolean {
    const isChanges = payload[0] === 0x93 && payload[1] === 5;
    if (state.lie !== "deaf" || !isChanges || ++state.changes % 5 !== 0) return false;
    state.lies++;
    return true;
  }

  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get lies() {
      return state.lies;
    },
    tell(lie) {
      Object.assign(state, { lie, sends: 0, changes: 0, lies: 0 });
    },
    close() {
      for (const socket of [...sockets]) socket.destroy();
      return new Promise((done) => server.close(() => done()));
    },
  };
}

/** The same words under a name of their own. */
function again(send: Extract<ClientFrame, { kind: "send" }>): Buffer {
  const name = Buffer.from(send.name, "base64url");
  name[0]! ^= 255;
  const copy = { ...send, id: 4_000_000_000, name: name.toString("base64url") };
  return clientFrame(opcode.binary, codec.encodeClient(copy) as Uint8Array);
}

/** As the server frames it: without a mask. */
function serverFrameAround(payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([128 | opcode.binary, payload.length]), payload]);
}

/** Cuts one direction of a connection into WebSocket frames; what is no WebSocket goes through as it is. */
class Frames {
  #isWebSocket: boolean | null = null;
  #isOpen = false;
  #bytes = Buffer.alloc(0);
  readonly #each: (whole: Buffer, payload: Buffer) => void;

  constructor(each: (whole: Buffer, payload: Buffer) => void) {
    this.#each = each;
  }

  take(chunk: Buffer, through: (bytes: Buffer) => void): void {
    this.#isWebSocket ??= /^(GET \/v1\/socket|HTTP\/1\.1 101)/.test(chunk.toString("latin1", 0, 40));
    if (!this.#isWebSocket) return through(chunk);
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#isOpen = true;
      through(this.#bytes.subarray(0, end + 4));
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    for (let frame = this.#next(); frame; frame = this.#next()) this.#each(frame.whole, frame.payload);
  }

  /** The generator masks with zeros, so that what it masks is what it says. */
  #next(): { whole: Buffer; payload: Buffer } | null {
    const bytes = this.#bytes;
    if (bytes.length < 2) return null;
    let length = bytes[1]! & 127;
    let from = 2;
    if (length === 126) {
      if (bytes.length < 4) return null;
      length = bytes.readUInt16BE(2);
      from = 4;
    } else if (length === 127) {
      if (bytes.length < 10) return null;
      length = bytes.readUInt32BE(6);
      from = 10;
    }
    if (bytes[1]! & 128) from += 4;
    if (bytes.length < from + length) return null;
    this.#bytes = bytes.subarray(from + length);
    return { whole: bytes.subarray(0, from + length), payload: bytes.subarray(from, from + length) };
  }
}
