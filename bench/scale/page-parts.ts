// What the sections of docs/scale.md share.

import type { Stamp } from "./record.ts";

/** How a measurement was made, in one line. */
export function told({ command, at, commit, machine, seed, quiet }: Omit<Stamp, "versions">): string {
  const doubt = quiet ? "" : " **On a machine that was not quiet.**";
  return `\`${command}\`, ${at.slice(0, 10)}, commit ${commit}; ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, kernel ${machine.kernel}; seed ${seed}.${doubt}`;
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}
