// A connection from a balancer further out: a PROXY protocol header (version 2, binary) that names the client, then
// HTTP/1.1 by hand, one request after the other.

import { connect, type Socket } from "node:net";

const signature = Buffer.from("0d0a0d0a000d0a515549540a", "hex");

/** TCP over IPv4, from `source`; for whom it was does not matter here. */
export function proxyHeader(source: string, sourcePort = 40_000): Buffer {
  const address = (text: string) => Buffer.from(text.split(".").map(Number));
  const ports = Buffer.alloc(4);
  ports.writeUInt16BE(sourcePort, 0);
  ports.writeUInt16BE(443, 2);
  const body = Buffer.concat([address(source), address("192.0.2.1"), ports]);
  const start = Buffer.from([0x21, 0x11, 0, body.length]);
  return Buffer.concat([signature, start, body]);
}

export class ProxiedHttp {
  #received = "";
  #look: () => void = () => {};

  private constructor(readonly socket: Socket) {
    socket.setEncoding("latin1");
    socket.on("data", (text) => {
      this.#received += text;
      this.#look();
    });
    socket.on("error", () => {});
    socket.on("close", () => this.#look());
  }

  static open(port: number, first: Buffer): Promise<ProxiedHttp> {
    const socket = connect(port, "127.0.0.1");
    return new Promise((opened, failed) => {
      socket.once("connect", () => {
        socket.write(first);
        opened(new ProxiedHttp(socket));
      });
      socket.once("error", failed);
    });
  }

  /** The status of the answer; 0 when the connection ended instead. */
  get(path: string, headers: Record<string, string> = {}): Promise<number> {
    const lines = Object.entries({ host: "chat.example.org", ...headers }).map(
      ([name, value]) => `${name}: ${value}`,
    );
    this.socket.write(`GET ${path} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
    return new Promise((answered) => {
      this.#look = () => {
        const answer = whole(this.#received);
        if (answer) {
          this.#received = this.#received.slice(answer.bytes);
          answered(answer.status);
        } else if (this.socket.closed || this.socket.destroyed) answered(0);
      };
      this.#look();
    });
  }
}

function whole(text: string): { status: number; bytes: number } | null {
  const end = text.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end))?.[1] ?? "0";
  const bytes = end + 4 + Number(length);
  return text.length < bytes ? null : { status: Number(text.slice(9, 12)), bytes };
}
