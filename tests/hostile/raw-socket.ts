// A TCP connection that speaks HTTP and WebSocket by hand, as badly as a test wants it to.

import { connect, type Socket } from "node:net";
import type { TestServer } from "#tests/server.ts";

export class RawSocket {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isEnded = false;
  readonly #waiting = new Set<() => void>();

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (chunk: string | Buffer) => {
      this.#received = Buffer.concat([this.#received, Buffer.from(chunk as Buffer)]);
      this.#wake();
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#isEnded = true;
      this.#wake();
    });
  }

  static open(server: TestServer): Promise<RawSocket> {
    const socket = connect(server.port, "127.0.0.1");
    const raw = new RawSocket(socket);
    return new Promise((opened, failed) => {
      socket.once("connect", () => opened(raw));
      socket.once("error", failed);
    });
  }

  /** A connection on which the handshake of a WebSocket is done. */
  static async upgraded(server: TestServer, subprotocol = "banyan.v1.json"): Promise<RawSocket> {
    const raw = await RawSocket.open(server);
    raw.write(handshake(subprotocol));
    await raw.until(() => raw.text.includes("\r\n\r\n"), 5_000);
    if (!raw.text.startsWith("HTTP/1.1 101")) throw new Error(`no upgrade: ${raw.text.slice(0, 100)}`);
    return raw;
  }

  get text(): string {
    return this.#received.toString("latin1");
  }

  /** Whether the newest bytes that came contain this. */
  endsAround(text: string, withinBytes = 200_000): boolean {
    return this.#received.subarray(-withinBytes).includes(text);
  }

  /** The texts of the whole WebSocket messages that have come after the handshake. */
  messages(): string[] {
    return this.#webSocketFrames().flatMap(({ opcode, payload }) =>
      opcode === 1 ? [payload.toString("utf8")] : [],
    );
  }

  /** Of the close frame that came, if one did. */
  closeCode(): number | null {
    const closing = this.#webSocketFrames().find(({ opcode }) => opcode === 8);
    return closing && closing.payload.length >= 2 ? closing.payload.readUInt16BE(0) : null;
  }

  #webSocketFrames(): { opcode: number; payload: Buffer }[] {
    const frames: { opcode: number; payload: Buffer }[] = [];
    const received = this.#received;
    let at = received.indexOf("\r\n\r\n") + 4;
    while (at + 2 <= received.length) {
      const short = received[at + 1]! & 127;
      const from = at + (short < 126 ? 2 : short === 126 ? 4 : 10);
      if (from > received.length) break;
      const to = from + (short < 126 ? short : longLength(received, at + 2, short));
      if (to > received.length) break;
      frames.push({ opcode: received[at]! & 15, payload: received.subarray(from, to) });
      at = to;
    }
    return frames;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  write(data: string | Uint8Array): void {
    if (!this.#isEnded) this.#socket.write(data);
  }

  /** A masked frame, as clients send them; `masked: false` is the error that it sounds like. */
  frame(opcode: number, payload: string | Uint8Array, { fin = true, masked = true } = {}): void {
    this.write(webSocketFrame(opcode, Buffer.from(payload as string), fin, masked));
  }

  /** Reads nothing from here on: what the server sends fills the kernel's buffers, then its queue. */
  stopReading(): void {
    this.#socket.pause();
  }

  goOnReading(): void {
    this.#socket.resume();
  }

  end(): void {
    this.#socket.destroy();
  }

  ended(withinMs: number): Promise<void> {
    return this.until(() => this.#isEnded, withinMs);
  }

  until(isSo: () => boolean, withinMs: number): Promise<void> {
    return new Promise((so, failed) => {
      const late = setTimeout(
        () => failed(new Error(`it did not become so within ${withinMs} ms`)),
        withinMs,
      );
      const look = () => {
        if (!isSo()) return;
        clearTimeout(late);
        this.#waiting.delete(look);
        so();
      };
      this.#waiting.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }
}

export function handshake(subprotocol: string): string {
  return [
    "GET /v1/socket HTTP/1.1",
    "Host: localhost",
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    `Sec-WebSocket-Protocol: ${subprotocol}`,
    "\r\n",
  ].join("\r\n");
}

function webSocketFrame(opcode: number, payload: Buffer, fin: boolean, masked: boolean): Buffer {
  const head = [(fin ? 0x80 : 0) | opcode];
  const maskBit = masked ? 0x80 : 0;
  if (payload.length < 126) head.push(maskBit | payload.length);
  else if (payload.length < 65_536) head.push(maskBit | 126, payload.length >> 8, payload.length & 255);
  else {
    const length = Buffer.alloc(8);
    length.writeBigUInt64BE(BigInt(payload.length));
    head.push(maskBit | 127, ...length);
  }
  if (!masked) return Buffer.concat([Buffer.from(head), payload]);
  const mask = Buffer.from([1, 2, 3, 4]);
  return Buffer.concat([Buffer.from(head), mask, payload.map((byte, i) => byte ^ mask[i % 4]!)]);
}

function longLength(bytes: Buffer, at: number, short: number): number {
  return short === 126 ? bytes.readUInt16BE(at) : Number(bytes.readBigUInt64BE(at));
}
