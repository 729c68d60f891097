// A WebSocket client on a bare TCP connection, which can stop reading and can vanish without a goodbye: what
// browsers' WebSockets cannot show. Only what a test needs of RFC 6455: whole text frames from the server.

import { connect, type Socket } from "node:net";

export interface RawReader {
  /** The texts so far, in the order of their coming. */
  readonly texts: readonly string[];
  stopReading(): void;
  readOn(): void;
  /** Fulfils when `text` has come. */
  until(text: string): Promise<void>;
  /** Ends the connection without a word. */
  vanish(): void;
}

export async function openRawReader(url: string, subprotocol: string): Promise<RawReader> {
  const { hostname, port, pathname } = new URL(url);
  const connection = connect(Number(port), hostname);
  await new Promise<void>((resolve, reject) => {
    connection.once("connect", resolve).once("error", reject);
  });
  const frames = new FrameReader();
  const waiting: { text: string; come: () => void }[] = [];
  connection.on("data", (bytes: Buffer) => {
    frames.take(bytes);
    for (const wait of waiting) if (frames.texts.includes(wait.text)) wait.come();
  });
  connection.on("error", () => {});
  connection.write(
    `GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Key: ${btoa("sixteen bytes ok")}\r\nSec-WebSocket-Version: 13\r\n` +
      `Sec-WebSocket-Protocol: ${subprotocol}\r\n\r\n`,
  );
  return reader(connection, frames, waiting);
}

function reader(
  connection: Socket,
  frames: FrameReader,
  waiting: { text: string; come: () => void }[],
): RawReader {
  return {
    texts: frames.texts,
    stopReading: () => void connection.pause(),
    readOn: () => void connection.resume(),
    vanish: () => void connection.resetAndDestroy(),
    until: (text) =>
      new Promise((come) => {
        if (frames.texts.includes(text)) come();
        else waiting.push({ text, come });
      }),
  };
}

class FrameReader {
  readonly texts: string[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #isOpen = false;

  take(bytes: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
    if (!this.#isOpen) {
      const end = this.#bytes.indexOf("\r\n\r\n");
      if (end < 0) return;
      this.#isOpen = true;
      this.#bytes = this.#bytes.subarray(end + 4);
    }
    while (this.#takeFrame());
  }

  #takeFrame(): boolean {
    if (this.#bytes.length < 2) return false;
    const short = this.#bytes[1]! & 127;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    if (this.#bytes.length < header) return false;
    const length =
      short < 126
        ? short
        : short === 126
          ? this.#bytes.readUInt16BE(2)
          : Number(this.#bytes.readBigUInt64BE(2));
    if (this.#bytes.length < header + length) return false;
    const isText = (this.#bytes[0]! & 15) === 1;
    if (isText) this.texts.push(this.#bytes.toString("utf8", header, header + length));
    this.#bytes = this.#bytes.subarray(header + length);
    return true;
  }
}
