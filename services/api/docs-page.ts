// GET /v1/openapi.json, and a page to read it at /v1/docs: Swagger UI from its npm package. Everything comes from
// this server, under a policy by which nothing else may run.

import type { Context } from "hono";
import stylePath from "swagger-ui-dist/swagger-ui.css" with { type: "file" };
import bundlePath from "swagger-ui-dist/swagger-ui-bundle.js" with { type: "file" };
import { limitAddress } from "./authenticate.ts";
import { acceptedEncoding, compressElsewhere } from "./compression.ts";
import type { Api, Env } from "./http.ts";
import type { Rates } from "./rates.ts";

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  // Swagger UI sets styles on its elements while it draws them.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Banyan HTTP API</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="/v1/docs/style.css">
  </head>
  <body>
    <div id="api"></div>
    <script src="/v1/docs/swagger-ui.js"></script>
    <script src="/v1/docs/start.js"></script>
  </body>
</html>
`;

const start = `SwaggerUIBundle({ url: "/v1/openapi.json", dom_id: "#api", deepLinking: true, validatorUrl: null });\n`;

export function docsPage(api: Api, describe: () => object, rates: Pick<Rates, "request">): void {
  const limit = limitAddress(rates);
  const serve = (path: string, type: string, load: () => Promise<string>) => {
    const file = once(load);
    api.get(path, limit, (c) => answer(c, type, file));
  };
  serve("/v1/openapi.json", "application/json", async () => JSON.stringify(describe()));
  serve("/v1/docs", "text/html; charset=utf-8", async () => page);
  serve("/v1/docs/start.js", "text/javascript; charset=utf-8", async () => start);
  serve("/v1/docs/swagger-ui.js", "text/javascript; charset=utf-8", () => Bun.file(bundlePath).text());
  serve("/v1/docs/style.css", "text/css; charset=utf-8", () => Bun.file(stylePath).text());
}

interface Kept {
  readonly plain: string;
  readonly gzip: Uint8Array<ArrayBuffer>;
}

/** Loaded and compressed when first asked for. */
function once(load: () => Promise<string>): () => Promise<Kept> {
  let kept: Promise<Kept> | null = null;
  return () => {
    kept ??= load().then(async (plain) => ({ plain, gzip: await compressElsewhere(plain, "gzip") }));
    return kept;
  };
}

async function answer(c: Context<Env>, type: string, file: () => Promise<Kept>): Promise<Response> {
  const { plain, gzip } = await file();
  const isPacked = acceptedEncoding(c.req.header("Accept-Encoding"), ["gzip"]) !== null;
  return c.body(isPacked ? gzip : plain, 200, {
    "Content-Type": type,
    "Content-Security-Policy": policy,
    "Cache-Control": "no-cache",
    Vary: "Accept-Encoding",
    ...(isPacked ? { "Content-Encoding": "gzip" } : {}),
  });
}
