// ./banyan build-sdk: the client library as one file with its type declarations; sdk/build.ts does it.

import type { Command } from "commander";
import { defineAsScript } from "#ops/run-script.ts";

export function define(command: Command): void {
  defineAsScript(command, "sdk/build.ts");
}
