// What every request passes through: headers that keep browsers careful, a bound on the body, and one
// answer for whatever has the wrong form.

import type { Context, MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { httpLimits } from "#protocol/limits.ts";
import { refuse } from "./errors.ts";
import type { Env } from "./http.ts";

export const boundedBody = bodyLimit({
  maxSize: httpLimits.bodyBytesMax,
  onError: (c) => refuse(c, "too_large"),
});

const policy = "default-src 'none'; frame-ancestors 'none'";

/** An answer of the API is data: it may not run, be framed, or be kept by a cache. */
export const carefulHeaders: MiddlewareHandler<Env>[] = [
  secureHeaders({
    referrerPolicy: "no-referrer",
    strictTransportSecurity: false,
    xFrameOptions: "DENY",
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  }),
  async (c, next) => {
    await next();
    const { headers } = c.res;
    if (!headers.has("Cache-Control")) headers.set("Cache-Control", "no-store");
    if (!headers.has("Content-Security-Policy")) headers.set("Content-Security-Policy", policy);
  },
];

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
