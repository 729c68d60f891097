// Which codec a WebSocket subprotocol stands for.

import type { Codec } from "./codec.ts";
import { binaryCodec } from "./codec-binary.ts";
import { jsonCodec } from "./codec-json.ts";
import { type Subprotocol, subprotocols } from "./frames.ts";

export const codecs: Record<Subprotocol, Codec> = {
  "banyan.v1.msgpack": binaryCodec,
  "banyan.v1.json": jsonCodec,
};

/** The server's choice among what the client offered (the comma-separated header), or null. */
export function chooseSubprotocol(offered: string | null): Subprotocol | null {
  const offers = (offered ?? "").split(",").map((offer) => offer.trim());
  return subprotocols.find((subprotocol) => offers.includes(subprotocol)) ?? null;
}
