// What a look at something ends in: one line, and how bad it is.

import type { Config } from "#app/config.ts";

export interface Finding {
  readonly state: "well" | "doubtful" | "ill";
  readonly text: string;
}

export interface Check {
  readonly name: string;
  look(config: Config): Finding | Promise<Finding>;
}

export const well = (text: string): Finding => ({ state: "well", text });
export const doubtful = (text: string): Finding => ({ state: "doubtful", text });
export const ill = (text: string): Finding => ({ state: "ill", text });
