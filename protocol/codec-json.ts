// The JSON codec: one object a frame, `kind` names it. For people, bots and the first hour with Banyan.

import type { Codec, Payload } from "./codec.ts";
import { decoded, notTooLarge } from "./decoded.ts";
import { change, clientFrame, serverFrame } from "./frames.ts";
import { WrongForm } from "./wrong-form.ts";

export const jsonCodec: Codec = {
  subprotocol: "banyan.v1.json",
  encodeClient: (frame) => JSON.stringify(clientFrame.toJson(frame)),
  encodeServer: (frame) => JSON.stringify(serverFrame.toJson(frame)),
  decodeClient: (payload) => decoded(() => clientFrame.fromJson(parse(notTooLarge(payload)))),
  decodeServer: (payload) => decoded(() => serverFrame.fromJson(parse(payload))),
  sendIdOf: () => null,
  encodeOverloaded: (id, retryAfterMs) =>
    `{"kind":"refused","code":"overloaded","id":${id},"retryAfterMs":${retryAfterMs}}`,
  encodeChange: (value) => JSON.stringify(change.toJson(value)),
  frameChanges: (conversation, changes) =>
    `{"kind":"changes","conversation":"${conversation}","changes":[${changes.join(",")}]}`,
};

function parse(payload: Payload): unknown {
  if (typeof payload !== "string") throw new WrongForm("a binary frame on a JSON connection");
  return JSON.parse(payload);
}
