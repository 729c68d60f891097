// ./banyan bench: the measurements; bench/main.ts says which there are.

import type { Command } from "commander";
import { defineAsScript } from "#ops/run-script.ts";

export function define(command: Command): void {
  defineAsScript(command, "bench/main.ts");
}
