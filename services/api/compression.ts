// Answers above a size are compressed, off the main thread, for a client that takes it.

import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import type { MiddlewareHandler } from "hono";
import { httpLimits } from "#protocol/limits.ts";
import type { Env } from "./http.ts";

export const compressors = { zstd: promisify(zstdCompress), gzip: promisify(gzip) };
export type Encoding = keyof typeof compressors;

export const compressed: MiddlewareHandler<Env> = async (c, next) => {
  await next();
  if (c.res.body === null || c.res.headers.has("Content-Encoding")) return;
  const { status } = c.res;
  const body = await c.res.arrayBuffer();
  const headers = new Headers(c.res.headers);
  let payload = new Uint8Array(body);
  if (body.byteLength > httpLimits.compressAboveBytes) {
    headers.append("Vary", "Accept-Encoding");
    const encoding = acceptedEncoding(c.req.header("Accept-Encoding") ?? "", ["zstd", "gzip"]);
    if (encoding !== null) {
      payload = new Uint8Array(await compressors[encoding](body));
      headers.set("Content-Encoding", encoding);
      headers.delete("Content-Length");
    }
  }
  c.res = undefined;
  c.res = new Response(payload, { status, headers });
};

/** The first of `offered` that the client takes; `;q=0` is a no. */
export function acceptedEncoding(header: string, offered: readonly Encoding[]): Encoding | null {
  const accepted = new Set<string>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return offered.find((encoding) => accepted.has(encoding)) ?? null;
}
