// What the codecs cost for the two frames of the hot way: a change out, a send in.

import { textOf } from "#bench/driver/dialect.ts";
import type { Figures } from "#bench/journey.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, WireChange } from "#protocol/frames.ts";
import { bestUs } from "./timing.ts";

const calls = 20_000;
const conversation = "01234567-89ab-7def-8123-456789abcdef";
const name = "AAAAAAAAAAA";

export function codecFigures(): Figures {
  const figures: Figures = {};
  const send: ClientFrame = { kind: "send", id: 7, conversation, name, text: textOf(7) };
  const words = { "banyan.v1.msgpack": "binary", "banyan.v1.json": "json" } as const;
  for (const [subprotocol, codec] of Object.entries(codecs)) {
    const word = words[subprotocol as keyof typeof words];
    const bytes = codec.encodeClient(send);
    figures[`micro.codec.${word}EncodeUs`] = bestUs(calls, (i) => codec.encodeChange(changeNo(i)));
    figures[`micro.codec.${word}DecodeSendUs`] = bestUs(calls, () => codec.decodeClient(bytes));
  }
  return figures;
}

function changeNo(i: number): WireChange {
  return { kind: "message", rev: i + 9, seq: i + 1, author: 1, at: 1_767_225_600_000, text: textOf(7), name };
}
