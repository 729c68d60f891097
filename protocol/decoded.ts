// Turns what a decoder throws into a refusal's detail: a bad frame is an answer, not an exception.

import { ok, type Refused, refused } from "#base/result.ts";
import { WrongForm } from "./wire-types.ts";

export type Decoded<T> = { readonly ok: true; readonly value: T } | Refused<string>;

export function decoded<T>(decode: () => T): Decoded<T> {
  try {
    return ok(decode());
  } catch (error) {
    return refused(error instanceof WrongForm ? error.message : "not of this codec");
  }
}
