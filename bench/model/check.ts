// Holds the model against a run that it was not fitted on: each prediction within 20 %.

import { type Coefficients, predict } from "./coefficients.ts";
import type { Measured } from "./run-workload.ts";

export const errorMax = 0.2;
/** A role that does less than this share of the work is shown and not judged: the kernel counts CPU in steps of 10 ms. */
const judgedShareMin = 0.08;
/** Sixteen tables and their indexes grow by whole pages: of fewer messages that is most of what is measured. */
const judgedMessagesMin = 1_000;

export interface Line {
  readonly what: string;
  readonly unit: string;
  readonly predicted: number;
  readonly measured: number;
  /** As a share of what was measured. */
  readonly error: number;
  readonly judged: boolean;
}

/** `before`: the same server's state when the run began, for what was stored meanwhile. */
export function compare(model: Coefficients, measured: Measured, before: Measured | null): Line[] {
  const said = predict(model, measured.workload);
  const line = (what: string, unit: string, predicted: number, real: number, judged = true): Line => ({
    what,
    unit,
    predicted,
    measured: real,
    error: predicted / real - 1,
    judged,
  });
  const total = sum(measured.cpuUsPerSecond);
  const lines = [
    line("CPU, all", "ms/s", sum(said.cpuUsPerSecond) / 1000, total / 1000),
    ...Object.entries(said.cpuUsPerSecond).map(([role, us]) => {
      const real = measured.cpuUsPerSecond[role] ?? 0;
      return line(`CPU, ${role}`, "ms/s", us / 1000, real / 1000, real >= judgedShareMin * total);
    }),
    line("memory", "MiB", said.memoryKiB / 1024, measured.memoryKiB / 1024),
    line("wire", "KiB/s", said.wireBytesPerSecond / 1024, measured.wireBytesPerSecond / 1024),
    // After a checkpoint each page is logged whole once: how much that is depends on when the last one was.
    line("log of changes", "KiB/s", said.walBytesPerSecond / 1024, measured.walBytesPerSecond / 1024, false),
  ];
  if (before) {
    const messages = measured.storedMessages - before.storedMessages;
    const bytes = (measured.storedBytes - before.storedBytes) / messages;
    lines.push(line("disk", "B a message", said.diskBytesPerMessage, bytes, messages >= judgedMessagesMin));
  }
  return lines;
}

export function isWithin(lines: readonly Line[]): boolean {
  return lines.every(({ judged, error }) => !judged || Math.abs(error) <= errorMax);
}

export function written(lines: readonly Line[]): string {
  const number = (value: number) => value.toLocaleString("en", { maximumFractionDigits: value < 10 ? 2 : 0 });
  const rows = lines.map(({ what, unit, predicted, measured, error, judged }) => {
    const verdict = !judged ? "not judged" : Math.abs(error) <= errorMax ? "ok" : "WRONG";
    const percent = `${error >= 0 ? "+" : ""}${(100 * error).toFixed(0)} %`;
    return [what, `${number(predicted)} ${unit}`, `${number(measured)} ${unit}`, percent, verdict];
  });
  const all = [["", "predicted", "measured", "error", ""], ...rows];
  const widths = all[0]!.map((_, at) => Math.max(...all.map((row) => row[at]!.length)));
  return all
    .map((row) =>
      row.map((text, at) => (at === 0 ? text.padEnd(widths[at]!) : text.padStart(widths[at]!))).join("  "),
    )
    .join("\n");
}

function sum(parts: Readonly<Record<string, number>>): number {
  return Object.values(parts).reduce((all, us) => all + us, 0);
}
