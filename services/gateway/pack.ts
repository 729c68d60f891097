// Large answers leave packed: raw DEFLATE around the frame's own bytes. Small frames never do (DESIGN: compression
// made a small delivery 13 times dearer), nor does a binary welcome: it is ids, which no level makes smaller by more
// than a twentieth, and after a restart everybody gets one at once.

import { deflateRawSync } from "node:zlib";
import type { SocketPayload } from "#ports/sockets.ts";
import type { Codec } from "#protocol/codec.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";

const quickest = { level: 1 };

export function encodePacked(codec: Codec, frame: ServerFrame): SocketPayload {
  const payload = codec.encodeServer(frame);
  if (payload.length <= limits.packAboveBytes) return payload;
  const isWelcome = frame.kind === "welcome";
  if (isWelcome && typeof payload !== "string") return payload;
  const deflated = deflateRawSync(payload, isWelcome ? quickest : {});
  return codec.encodeServer({ kind: "packed", deflated: new Uint8Array(deflated) });
}
