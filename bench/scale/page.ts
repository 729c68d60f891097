// docs/scale.md and its pictures, made from bench/scale/*.ndjson and the model: `./banyan bench scale page`.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { modelSection } from "#bench/model/page-section.ts";
import { messagesSection } from "./page-messages.ts";
import { docs, images } from "./page-parts.ts";
import { sessionsSection } from "./page-sessions.ts";

export function writeScalePage(): void {
  mkdirSync(images, { recursive: true });
  const sections = [opening, sessionsSection(), messagesSection(), modelSection()];
  const page = join(docs, "scale.md");
  writeFileSync(page, `${sections.join("\n\n").trim()}\n`);
  Bun.spawnSync([join(docs, "../node_modules/.bin/biome"), "format", "--write", page]);
}

const opening = `# Scale

How costs change as the number of live sessions and of stored messages grows, and a model that predicts them. This page
is written by \`./banyan bench scale page\` from what was measured (bench/scale, bench/model); run anything of it again
with the command that stands above it. Server, database and load generator share one machine.`;
