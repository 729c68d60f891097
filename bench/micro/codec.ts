// What the codecs cost for the frames of the hot way (a change and an ack out, a send in) and for the largest of a
// reconnect, a welcome of 50 heads.

import { textOf } from "#bench/driver/dialect.ts";
import type { Figures } from "#bench/journey.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, ServerFrame, WireChange } from "#protocol/frames.ts";
import { bestUs } from "./timing.ts";

const calls = 20_000;
const welcomes = 1_000;
const conversation = "01234567-89ab-7def-8123-456789abcdef";
const name = "AAAAAAAAAAA";
const at = 1_767_225_600_000;

export function codecFigures(): Figures {
  const figures: Figures = {};
  const send: ClientFrame = { kind: "send", id: 7, conversation, name, text: textOf(7) };
  const welcome = welcomeOf(50);
  const words = { "banyan.v1.msgpack": "binary", "banyan.v1.json": "json" } as const;
  for (const [subprotocol, codec] of Object.entries(codecs)) {
    const word = words[subprotocol as keyof typeof words];
    const bytes = codec.encodeClient(send);
    figures[`micro.codec.${word}EncodeUs`] = bestUs(calls, (i) => codec.encodeChange(changeNo(i)));
    figures[`micro.codec.${word}EncodeAckUs`] = bestUs(calls, (i) => codec.encodeServer(ackNo(i)));
    figures[`micro.codec.${word}EncodeWelcomeUs`] = bestUs(welcomes, () => codec.encodeServer(welcome));
    figures[`micro.codec.${word}DecodeSendUs`] = bestUs(calls, () => codec.decodeClient(bytes));
  }
  return figures;
}

function changeNo(i: number): WireChange {
  return { kind: "message", rev: i + 9, seq: i + 1, author: 1, at, text: textOf(7), name };
}

function ackNo(i: number): ServerFrame {
  return { kind: "ack", id: i, rev: i + 9, seq: i + 1, at };
}

function welcomeOf(count: number): ServerFrame {
  const head = { conversation, rev: 70_001, lastSeq: 65_999, readSeq: 65_990, member: 12 };
  const heads = Array.from({ length: count }, (_, i) => ({ ...head, rev: head.rev + i }));
  const [user, session] = [conversation, conversation];
  return { kind: "welcome", version: 1, user, session, at, heartbeatMs: 30_000, heads, complete: true };
}
