// What may take its time runs on what the rest of the machine leaves: so it changes no figure that a test measures.

import { writeFileSync } from "node:fs";

const lowest = "19";

export function asLast(command: readonly string[]): string[] {
  return Bun.which("nice") ? ["nice", "-n", lowest, ...command] : [...command];
}

/**
 * `leader`: of a session of its own. Linux may share the processor out among sessions first, and only then by the
 * priorities inside each (sched(7), "The autogroup feature"); elsewhere the file is not there.
 */
export function leaveOthersFirst(leader: number): void {
  try {
    writeFileSync(`/proc/${leader}/autogroup`, lowest);
  } catch {
    // No such sharing here, or the process has ended.
  }
}
