// An answer of the API: JSON, with headers that keep browsers careful, and compressed where that is worth it. An answer
// is data: it may not run, be framed, be taken for something else, or be kept by a cache.

import type { Context, TypedResponse } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { JSONParsed } from "hono/utils/types";
import { httpLimits } from "#protocol/limits.ts";
import { acceptedEncoding, Compression, type Encoding } from "./compression.ts";
import type { Env } from "./http.ts";

export type Answer<T, Status extends ContentfulStatusCode> = Response &
  TypedResponse<JSONParsed<T>, Status, "json">;

const carefulHeaders = {
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Origin-Agent-Cluster": "?1",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
};
const small = { "Content-Type": "application/json", ...carefulHeaders };
const large = { ...small, Vary: "Accept-Encoding" };
const packed: Record<Encoding, Record<string, string>> = {
  zstd: { ...large, "Content-Encoding": "zstd" },
  gzip: { ...large, "Content-Encoding": "gzip" },
};

export const compression = new Compression();

/** At once, unless it is so large that it is compressed elsewhere. */
export function answer<T, Status extends ContentfulStatusCode>(
  c: Context<Env>,
  value: T,
  status: Status,
): Answer<T, Status> | Promise<Answer<T, Status>> {
  return answerText<T, Status>(c, JSON.stringify(value), status);
}

/** `text` is JSON already; the caller says of what. */
export function answerText<T, Status extends ContentfulStatusCode>(
  c: Context<Env>,
  text: string,
  status: Status,
): Answer<T, Status> | Promise<Answer<T, Status>> {
  return written(c, text, status) as Answer<T, Status> | Promise<Answer<T, Status>>;
}

function written(c: Context<Env>, text: string, status: ContentfulStatusCode): Response | Promise<Response> {
  if (Buffer.byteLength(text) <= httpLimits.compressAboveBytes) return c.body(text, status, small);
  const encoding = acceptedEncoding(c.req.header("Accept-Encoding"));
  if (encoding === null) return c.body(text, status, large);
  const bytes = compression.compress(text, encoding);
  if (bytes instanceof Promise) return bytes.then((done) => c.body(done, status, packed[encoding]));
  return c.body(bytes, status, packed[encoding]);
}

/** What was made in another way gets the headers that it does not have. */
export function madeCareful(made: Response): Response {
  const { headers } = made;
  if (headers.has("X-Frame-Options")) return made;
  for (const [name, value] of Object.entries(carefulHeaders))
    if (!headers.has(name)) headers.set(name, value);
  return made;
}
