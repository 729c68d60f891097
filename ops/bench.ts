// ./banyan bench: the measurements; bench/main.ts says which there are. Two have an entry of their own: how costs
// scale, and the model that predicts them.

import type { Command } from "commander";
import { defineAsScript } from "#ops/run-script.ts";

const entries: Readonly<Record<string, string>> = {
  scale: "bench/scale/main.ts",
  model: "bench/model/main.ts",
};

export function define(command: Command): void {
  defineAsScript(command, entries[process.argv[3] ?? ""] ?? "bench/main.ts");
}
