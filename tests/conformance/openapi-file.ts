// Writes docs/generated/openapi.json from the routes: `bun tests/conformance/openapi-file.ts`.

import { join } from "node:path";
import { startApi } from "#tests/api/api-server.ts";

export const openApiPath = join(import.meta.dir, "../../docs/generated/openapi.json");

export async function openApiText(): Promise<string> {
  const server = startApi();
  try {
    return `${JSON.stringify(server.describe(), null, 2)}\n`;
  } finally {
    await server.stop();
  }
}

if (import.meta.main) await Bun.write(openApiPath, await openApiText());
