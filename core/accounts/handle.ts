// What a handle is: the name by which an account is found, for ever. Refusals say what to change.

import { ok, type Result, refused } from "#base/result.ts";

export interface HandleLimits {
  readonly handleCharsMin: number;
  readonly handleCharsMax: number;
}

/** The form as a regular expression, without the length. */
export const handlePattern = "^[a-z0-9][a-z0-9._-]*$";
const form = new RegExp(handlePattern);

/** The refusal is a sentence for the person who chooses the handle. */
export function decideHandle(handle: string, limits: HandleLimits): Result<string, string> {
  const { handleCharsMin: min, handleCharsMax: max } = limits;
  if (handle.length < min || handle.length > max) return refused(`A handle has ${min} to ${max} characters.`);
  if (handle !== handle.toLowerCase()) return refused("A handle is written in lower case.");
  if (!/^[a-z0-9]/.test(handle)) return refused("A handle begins with a letter (a to z) or a digit.");
  if (!form.test(handle)) {
    return refused("A handle has only letters (a to z), digits, dots, underscores and hyphens.");
  }
  return ok(handle);
}
