// Large answers leave packed: raw DEFLATE around the frame's own bytes. Small frames never do (DESIGN: compression
// made a small delivery 13 times dearer).

import { deflateRawSync } from "node:zlib";
import type { SocketPayload } from "#ports/sockets.ts";
import type { Codec } from "#protocol/codec.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";

export function encodePacked(codec: Codec, frame: ServerFrame): SocketPayload {
  const payload = codec.encodeServer(frame);
  if (payload.length <= limits.packAboveBytes) return payload;
  return codec.encodeServer({ kind: "packed", deflated: new Uint8Array(deflateRawSync(payload)) });
}
