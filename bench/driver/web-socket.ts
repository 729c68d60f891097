// A WebSocket client that costs little, so that one core can load a server: TCP through Bun.connect, frames
// written and read by hand. Masks with zeros, which RFC 6455 lets nobody notice and which saves the masking.
// It never offers compression. Every byte of TCP payload is counted. A server whose own wire is a stream without
// WebSocket is spoken to by the same link, with a framing that tells where its units end.

import type { Socket } from "bun";

export const opcode = { text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface LinkHandler {
  opened(link: Link): void;
  /** One whole message; `bytes` may be reused afterwards. */
  message(link: Link, bytes: Buffer, from: number, to: number): void;
  closed(link: Link, why: string): void;
}

/** Where the first unit of a stream ends, or -1 as long as it is not whole. */
export type Framing = (bytes: Buffer, from: number) => number;

export interface Door {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly subprotocol: string | null;
  /** The server's own stream instead of WebSocket. */
  readonly framing?: Framing | undefined;
  /** TLS around it; whether a certificate that nobody vouches for is refused. */
  readonly tls?: { readonly rejectUnauthorized: boolean } | undefined;
}

/** Counts over all links of this process. */
export const traffic = { bytesIn: 0, bytesOut: 0 };

export class Link {
  /** Set by who drives the link. */
  index = 0;
  live = false;
  deliveries = 0;
  sends = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Whether deliveries here are looked into, for latency. */
  sampled = false;
  /** When a refusal told it to come back. */
  heldUntil = 0;
  isOpen = false;
  private isClosed = false;
  private rest: Buffer | null = null;
  private fragments: Buffer[] = [];
  private unsent: Buffer[] = [];
  private tcp: Socket<Link> | null = null;

  constructor(
    private readonly door: Door,
    private readonly handler: LinkHandler,
  ) {}

  connected(tcp: Socket<Link>): void {
    this.tcp = tcp;
    if (this.door.framing) {
      this.isOpen = true;
      this.handler.opened(this);
      return;
    }
    const subprotocol = this.door.subprotocol ? `Sec-WebSocket-Protocol: ${this.door.subprotocol}\r\n` : "";
    this.write(
      Buffer.from(
        `GET ${this.door.path} HTTP/1.1\r\nHost: ${this.door.host}:${this.door.port}\r\nUpgrade: websocket\r\n` +
          `Connection: Upgrade\r\nSec-WebSocket-Key: YmFueWFuLWJlbmNoLWtleQ==\r\nSec-WebSocket-Version: 13\r\n${subprotocol}\r\n`,
      ),
    );
  }

  /** Writes bytes that are framed already. They may be changed as soon as this returns. */
  write(bytes: Uint8Array): void {
    if (!this.tcp || this.isClosed) return;
    traffic.bytesOut += bytes.length;
    this.bytesOut += bytes.length;
    const written = this.unsent.length > 0 ? 0 : this.tcp.write(bytes);
    if (written < 0) this.ended("write failed");
    else if (written < bytes.length) this.unsent.push(Buffer.from(bytes.subarray(written)));
  }

  drained(): void {
    while (this.unsent.length > 0) {
      const next = this.unsent[0]!;
      const written = this.tcp!.write(next);
      if (written < next.length) {
        this.unsent[0] = next.subarray(Math.max(0, written));
        return;
      }
      this.unsent.shift();
    }
  }

  received(chunk: Buffer): void {
    traffic.bytesIn += chunk.length;
    this.bytesIn += chunk.length;
    let bytes = chunk;
    if (this.rest) {
      bytes = Buffer.concat([this.rest, chunk]);
      this.rest = null;
    }
    const at = this.door.framing
      ? this.readUnits(bytes, this.door.framing)
      : this.isOpen
        ? this.readFrames(bytes, 0)
        : this.readHandshake(bytes);
    if (at < bytes.length && !this.isClosed) this.rest = Buffer.from(bytes.subarray(at));
  }

  ended(why: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.live = false;
    this.handler.closed(this, why);
  }

  /** The other end's certificate is its own word only. */
  distrusted(why: string): void {
    if (!this.door.tls?.rejectUnauthorized) return;
    this.ended(`TLS: ${why}`);
    this.tcp?.terminate();
  }

  /** Ends the TCP connection without a word, as a lost client does. */
  cut(): void {
    this.isClosed = true;
    this.live = false;
    this.tcp?.terminate();
  }

  private readHandshake(bytes: Buffer): number {
    const end = bytes.indexOf("\r\n\r\n");
    if (end < 0) return 0;
    const status = bytes.toString("latin1", 0, Math.min(end, 40)).split("\r\n")[0]!;
    if (!status.includes(" 101 ")) {
      this.ended(`the server answered "${status}"`);
      this.tcp?.terminate();
      return bytes.length;
    }
    this.isOpen = true;
    this.handler.opened(this);
    return this.readFrames(bytes, end + 4);
  }

  /** Reads all whole frames from `at`; where the first incomplete one starts. */
  private readFrames(bytes: Buffer, start: number): number {
    let at = start;
    while (at + 2 <= bytes.length) {
      let length = bytes[at + 1]! & 127;
      let from = at + 2;
      if (length === 126) {
        if (at + 4 > bytes.length) return at;
        length = bytes.readUInt16BE(at + 2);
        from = at + 4;
      } else if (length === 127) {
        if (at + 10 > bytes.length) return at;
        length = bytes.readUInt32BE(at + 2) * 2 ** 32 + bytes.readUInt32BE(at + 6);
        from = at + 10;
      }
      if (from + length > bytes.length) return at;
      this.frame(bytes[at]!, bytes, from, from + length);
      at = from + length;
    }
    return at;
  }

  private readUnits(bytes: Buffer, framing: Framing): number {
    let at = 0;
    while (at < bytes.length && !this.isClosed) {
      const end = framing(bytes, at);
      if (end < 0) break;
      this.handler.message(this, bytes, at, end);
      at = end;
    }
    return at;
  }

  private frame(firstByte: number, bytes: Buffer, from: number, to: number): void {
    const kind = firstByte & 15;
    const isLast = firstByte >= 128;
    if (isLast && (kind === opcode.binary || kind === opcode.text))
      this.handler.message(this, bytes, from, to);
    else if (kind === opcode.ping) this.write(clientFrame(opcode.pong, bytes.subarray(from, to)));
    else if (kind === opcode.close)
      this.ended(`closed by the server with ${to - from >= 2 ? bytes.readUInt16BE(from) : "no code"}`);
    else if (kind <= opcode.binary) this.fragment(isLast, bytes, from, to);
  }

  private fragment(isLast: boolean, bytes: Buffer, from: number, to: number): void {
    this.fragments.push(Buffer.from(bytes.subarray(from, to)));
    if (!isLast) return;
    const whole = Buffer.concat(this.fragments);
    this.fragments = [];
    this.handler.message(this, whole, 0, whole.length);
  }
}

/** Where the payload begins in a client's frame of that size. */
export function payloadAt(payloadBytes: number): number {
  return payloadBytes < 126 ? 6 : 8;
}

/** A whole client frame around `payload`. */
export function clientFrame(kind: number, payload: Uint8Array): Buffer {
  const at = payloadAt(payload.length);
  const frame = Buffer.alloc(at + payload.length);
  frame[0] = 128 | kind;
  if (at === 6) frame[1] = 128 | payload.length;
  else {
    frame[1] = 128 | 126;
    frame.writeUInt16BE(payload.length, 2);
  }
  frame.set(payload, at);
  return frame;
}

const socketHandler = {
  binaryType: "buffer" as const,
  open(tcp: Socket<Link>) {
    tcp.setNoDelay(true);
    tcp.data.connected(tcp);
  },
  handshake(tcp: Socket<Link>, isTrusted: boolean, error: Error | null) {
    if (!isTrusted) tcp.data.distrusted(error?.message ?? "the certificate is not to be trusted");
  },
  data(tcp: Socket<Link>, chunk: Buffer) {
    tcp.data.received(chunk);
  },
  drain(tcp: Socket<Link>) {
    tcp.data.drained();
  },
  close(tcp: Socket<Link>) {
    tcp.data.ended("the connection ended");
  },
  error(tcp: Socket<Link>, error: Error) {
    tcp.data.ended(error.message);
  },
  connectError(tcp: Socket<Link>, error: Error) {
    tcp.data.ended(error.message);
  },
};

/** Never throws: a connection that cannot be made is `closed`. */
export function dial(door: Door, handler: LinkHandler): Link {
  const link = new Link(door, handler);
  const { host, port, tls } = door;
  const where = { hostname: host, port, ...(tls && { tls: { ...tls, serverName: host } }) };
  Bun.connect<Link>({ ...where, data: link, socket: socketHandler }).catch((error) =>
    link.ended(String(error?.message ?? error)),
  );
  return link;
}
