// What the same text costs on the wire in Banyan's two codecs, as an XMPP stanza and as a Matrix event: bytes of TCP
// payload without TLS. The other two are written down literally below, as short as their specifications and the usual
// servers make them; nothing of them runs here.

import { deflateRawSync, constants as zlib } from "node:zlib";
import type { Figures, Journey } from "#bench/journey.ts";
import type { Codec } from "#protocol/codec.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import {
  conversation,
  deviceDay,
  httpAnswer,
  httpRequest,
  matrixEvent,
  matrixSync,
  nameOf,
  textOfBytes,
  xmppMessage,
  xmppPing,
  xmppPong,
  xmppRequestAck,
} from "./other-formats.ts";

const texts = { long: 150, short: 20 } as const;
const hourMs = 3_600_000;
/** A client's WebSocket frames are masked. */
const maskBytes = 4;
/** Messages in a row, for what a compressor learns from one to the next. */
const inARow = 100;

export const formatsJourney: Journey = {
  name: "formats",
  title: "bytes of one text in four formats",
  targets: ["banyan"],
  isExtra: true,
  isDry: true,
  async run(scene) {
    const figures: Figures = {};
    for (const [format, bytesOf] of Object.entries(formats)) {
      for (const [size, textBytes] of Object.entries(texts)) {
        const frames = Array.from({ length: inARow }, (_, n) =>
          bytesOf.delivered(textOfBytes(textBytes, n), n),
        );
        const plain = frames.map((frame) => frame.length + bytesOf.framing(frame.length));
        figures[`formats.${format}.${size}.bytes`] = mean(plain);
        figures[`formats.${format}.${size}.deflatedBytes`] = mean(deflated(frames, bytesOf));
      }
      figures[`formats.${format}.idleBytesPerHour`] = bytesOf.idleHour();
      figures[`formats.${format}.dayBytes`] = bytesOf.day();
    }
    for (const [key, value] of Object.entries(figures)) scene.say(`${key}: ${Math.round(value)}`);
    return figures;
  },
};

interface Format {
  delivered(text: string, n: number): Buffer;
  /** What carries a payload of that size: WebSocket's header (RFC 6455), or nothing on a bare stream. */
  framing(payloadBytes: number): number;
  /** The compressor knows what it has sent before; false where each answer stands by itself. */
  readonly keepsContext: boolean;
  idleHour(): number;
  day(): number;
}

const formats: Record<string, Format> = {
  binary: banyan(codecs["banyan.v1.msgpack"]),
  json: banyan(codecs["banyan.v1.json"]),
  xmpp: {
    delivered: (text, n) => Buffer.from(xmppMessage(text, n)),
    framing: () => 0,
    keepsContext: true,
    // XEP-0199 from the server once a minute, ejabberd's interval (mod_ping).
    idleHour: () => 60 * (xmppPing.length + xmppPong.length),
    day() {
      const { hours, received, sent } = deviceDay;
      const text = textOfBytes(texts.long, 1);
      const each = xmppMessage(text, 1).length + xmppRequestAck.length * 2;
      return received * each + sent * each + hours * this.idleHour();
    },
  },
  matrix: {
    delivered: (text, n) => Buffer.from(matrixSync(matrixEvent(text, n))),
    framing: (bytes) => httpAnswer(bytes).length + httpRequest.length,
    keepsContext: false,
    // A long poll of 30 s, as the common clients ask: a request, and an answer with nothing new.
    idleHour: () => 120 * (httpRequest.length + httpAnswer(emptySync.length).length + emptySync.length),
    day() {
      const { hours, received, sent } = deviceDay;
      const body = matrixSync(matrixEvent(textOfBytes(texts.long, 1), 1)).length;
      const each = body + this.framing(body);
      // Sending: PUT with the content, answered with an event id; one's own event comes in sync as well.
      const put = httpRequest.length + 220 + httpAnswer(60).length + 60;
      return received * each + sent * (put + each) + hours * this.idleHour();
    },
  },
};

const emptySync = matrixSync(null);

function banyan(codec: Codec): Format {
  const server = (frame: ServerFrame) => Buffer.from(codec.encodeServer(frame) as never);
  const client = (frame: ClientFrame) => Buffer.from(codec.encodeClient(frame) as never);
  const down = (bytes: number) => bytes + webSocketHeader(bytes);
  const up = (bytes: number) => bytes + webSocketHeader(bytes) + maskBytes;
  const delivered = (text: string, n: number) =>
    server({
      kind: "changes",
      conversation,
      changes: [
        {
          kind: "message",
          rev: 70_000 + n,
          seq: 69_000 + n,
          author: 17,
          at: 1_795_000_000_000 + n * 977,
          text,
          name: nameOf(n),
        },
      ],
    });
  const beat = up(client({ kind: "ping" }).length) + down(server({ kind: "pong" }).length);
  const idleHour = () => (hourMs / limits.heartbeatMs) * beat;
  return {
    delivered,
    framing: webSocketHeader,
    keepsContext: true,
    idleHour,
    day() {
      const { hours, received, sent } = deviceDay;
      const text = textOfBytes(texts.long, 1);
      const send = up(client({ kind: "send", id: 1_000, conversation, name: nameOf(0), text }).length);
      const ack = down(
        server({ kind: "ack", id: 1_000, rev: 70_000, seq: 69_000, at: 1_795_000_000_000 }).length,
      );
      return received * down(delivered(text, 1).length) + sent * (send + ack) + hours * idleHour();
    },
  };
}

function webSocketHeader(payloadBytes: number): number {
  return payloadBytes < 126 ? 2 : payloadBytes < 65_536 ? 4 : 10;
}

/**
 * As permessage-deflate (RFC 7692) does it, and stream compression likewise: flushed after each message, the four
 * bytes of the flush left out; the dictionary is kept where the connection keeps it.
 */
function deflated(frames: readonly Buffer[], format: Format): number[] {
  const flush = { finishFlush: zlib.Z_SYNC_FLUSH };
  return frames.map((frame, n) => {
    const before = format.keepsContext
      ? Buffer.concat(frames.slice(Math.max(0, n - 20), n))
      : Buffer.alloc(0);
    const bytes = deflateRawSync(frame, { ...flush, dictionary: before }).length - 4;
    return bytes + format.framing(bytes);
  });
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
