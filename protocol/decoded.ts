// Turns what a decoder throws into a refusal's detail: a bad frame is an answer, not an exception.

import { ok, type Refused, refused } from "#base/result.ts";
import type { Payload } from "./codec.ts";
import { limits } from "./limits.ts";
import { WrongForm } from "./wrong-form.ts";

export type Decoded<T> = { readonly ok: true; readonly value: T } | Refused<string>;

export function decoded<T>(decode: () => T): Decoded<T> {
  try {
    return ok(decode());
  } catch (error) {
    return refused(error instanceof WrongForm ? error.message : "not of this codec");
  }
}

/** A client's frame of more than frameBytesMax bytes (characters, for a text) is refused before it is read. */
export function notTooLarge(payload: Payload): Payload {
  if (payload.length > limits.frameBytesMax) throw new WrongForm(`more than ${limits.frameBytesMax} bytes`);
  return payload;
}
