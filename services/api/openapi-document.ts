// The OpenAPI 3.1 document, generated from the routes as they are.

import { errorCodes } from "./errors.ts";
import type { Api } from "./http.ts";

const codeLines = Object.entries(errorCodes).map(
  ([code, { status, message }]) => `| \`${code}\` | ${status} | ${message} |`,
);

const description = `
What is not live: accounts, conversations, members, history. The live wire is protocol/SPEC.md, at \`/v1/socket\`.

Log in with \`POST /v1/sessions\` and send the token as \`Authorization: Bearer ...\`; pages of this site use a cookie
instead. Bodies are JSON; unknown fields are ignored. Answers above 1 KiB are compressed (zstd, gzip) for a client
that accepts it. An error is \`{"error": {"code", "message", "retryAfterMs"?}}\`; its code is one of these:

| code | status | meaning |
| --- | --- | --- |
${codeLines.join("\n")}
`.trim();

const tags = ["Accounts", "Users", "Conversations", "Members", "Messages", "Server"];

export function openApiDocument(api: Api, version: string) {
  api.openAPIRegistry.registerComponent("securitySchemes", "bearer", { type: "http", scheme: "bearer" });
  api.openAPIRegistry.registerComponent("securitySchemes", "cookie", {
    type: "apiKey",
    in: "cookie",
    name: "banyan_session",
    description: "Methods that change something also need an Origin of this site.",
  });
  return api.getOpenAPI31Document({
    openapi: "3.1.0",
    info: { title: "Banyan HTTP API", version, description },
    servers: [{ url: "/" }],
    tags: tags.map((name) => ({ name })),
    security: [{ bearer: [] }, { cookie: [] }],
  });
}
