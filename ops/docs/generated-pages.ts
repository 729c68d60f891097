// Which pages are made from the code, and how.

import { commandsPage } from "#ops/docs/commands-page.ts";
import { configurationPage } from "#ops/docs/configuration-page.ts";

export interface GeneratedPage {
  /** The file's name in docs/generated/. */
  readonly name: string;
  make(): string | Promise<string>;
}

export const generatedPages: readonly GeneratedPage[] = [
  { name: "configuration.md", make: configurationPage },
  { name: "commands.md", make: commandsPage },
];

/** Written by a program of its own, which needs what ops may not know. */
export const ownMakers: readonly { name: string; script: string }[] = [
  { name: "openapi.json", script: "tests/conformance/openapi-file.ts" },
];
