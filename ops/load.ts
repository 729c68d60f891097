// ./banyan load: people on a Banyan, what they wait for, and whether they miss anything; bench/load tells how.

import type { Command } from "commander";
import { defineAsScript } from "#ops/run-script.ts";

export function define(command: Command): void {
  defineAsScript(command, "bench/load/main.ts");
}
