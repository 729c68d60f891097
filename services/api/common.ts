// What every request passes through: headers that keep browsers careful, a bound on the body, compression, and
// one form for whatever has the wrong one.

import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
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

/** An answer of the API is data: it may not run, be framed, or be kept by a cache. */
export const carefulHeaders: MiddlewareHandler<Env>[] = [
  secureHeaders({
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
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
    if (!c.res.headers.has("Cache-Control")) c.res.headers.set("Cache-Control", "no-store");
  },
];

const compressors = { zstd: promisify(zstdCompress), gzip: promisify(gzip) };

export const compressed: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  if (c.res.body === null || c.res.headers.has("Content-Encoding")) return;
  const body = await c.res.arrayBuffer();
  c.res = new Response(body, c.res);
  if (body.byteLength <= httpLimits.compressAboveBytes) return;
  c.res.headers.append("Vary", "Accept-Encoding");
  const encoding = acceptedEncoding(c.req.header("Accept-Encoding") ?? "");
  if (encoding === null) return;
  c.res = new Response(await compressors[encoding](body), c.res);
  c.res.headers.set("Content-Encoding", encoding);
  c.res.headers.delete("Content-Length");
};

/** The best that the client takes; `;q=0` is a no. */
export function acceptedEncoding(header: string): keyof typeof compressors | null {
  const accepted = new Set<string>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return accepted.has("zstd") ? "zstd" : accepted.has("gzip") ? "gzip" : null;
}

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
