// From what a WebSocket delivers to a frame, `packed` frames included.

import { Inflate } from "fflate";
import type { Codec, Payload } from "#protocol/codec.ts";
import type { Decoded } from "#protocol/decoded.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import { maxima } from "./maxima.ts";

export function frameOf(codec: Codec, data: unknown): Decoded<ServerFrame> {
  const decoded = codec.decodeServer(payloadOf(data));
  if (!decoded.ok || decoded.value.kind !== "packed") return decoded;
  const inflated = inflate(decoded.value.deflated);
  if (!inflated) return { ok: false, refusal: "a packed frame that does not inflate" };
  return codec.decodeServer(codec.subprotocol === "banyan.v1.json" ? utf8.decode(inflated) : inflated);
}

const utf8 = new TextDecoder();

/** Browsers and Bun give ArrayBuffers, `ws` may give Buffers: all become plain bytes. */
function payloadOf(data: unknown): Payload {
  if (typeof data === "string") return data;
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  if (ArrayBuffer.isView(data))
    return new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength);
  return "";
}

const sliceBytes = 16 * 1024;

/** Inflated slice by slice, so that a small frame cannot claim all memory; null when it is too large or damaged. */
function inflate(deflated: Uint8Array): Uint8Array<ArrayBuffer> | null {
  const parts: Uint8Array[] = [];
  let length = 0;
  const stream = new Inflate((part) => {
    parts.push(part);
    length += part.length;
  });
  try {
    for (let at = 0; at < deflated.length; at += sliceBytes) {
      stream.push(deflated.subarray(at, at + sliceBytes), at + sliceBytes >= deflated.length);
      if (length > maxima.inflatedBytesMax) return null;
    }
  } catch {
    return null;
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
