// What every request passes through: a bound on the body, and one answer for whatever has the wrong form.

import type { Context } from "hono";
import { bodyLimit } from "hono/body-limit";
import { httpLimits } from "#protocol/limits.ts";
import { refuse } from "./errors.ts";

export const boundedBody = bodyLimit({
  maxSize: httpLimits.bodyBytesMax,
  onError: (c) => refuse(c, "too_large"),
});

interface FormError {
  readonly success: false;
  readonly target: string;
  readonly error: { readonly issues: readonly { path: PropertyKey[]; message: string }[] };
}

/** The first thing that is wrong, by the field's name; never what was in it. */
export function refuseForm(result: { success: true } | FormError, c: Context): Response | undefined {
  if (result.success) return undefined;
  const [issue] = result.error.issues;
  const place = [result.target === "json" ? "body" : result.target, ...(issue?.path ?? [])].join(".");
  return refuse(c, "bad_request", { message: `${place}: ${issue?.message ?? "wrong form"}` });
}
