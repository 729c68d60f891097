// What a run says in one line: whether anything was lost, and whether the run may be believed at all.

import type { RunFile } from "#bench/load/run-file.ts";
import { whole } from "#bench/plots/units.ts";

export interface Verdict {
  readonly tone: "clean" | "broken" | "void";
  readonly headline: string;
  /** Why the figures do not count; without it they do. */
  readonly voided?: string;
  readonly checks: readonly Check[];
  /** The last line of the independent checker. */
  readonly checker?: { readonly isWrong: boolean; readonly words: string };
}

export interface Check {
  readonly name: string;
  readonly count: number;
  /** A healed gap is how delivery works and is never wrong, and so is what was missed while away. */
  readonly isWrong: boolean;
}

export function verdictOf(run: RunFile): Verdict {
  const { audit, generator } = run;
  const fault = (name: string, count: number): Check => ({ name, count, isWrong: count > 0 });
  const checks: Check[] = [
    fault("lost", audit.lost),
    fault("doubled", audit.doubled),
    fault("out of order", audit.disordered),
    fault("wrong unread counts", audit.unreadErrors),
    { name: "gaps healed", count: audit.gapsHealed, isWrong: false },
    ...(audit.breaksHealed === undefined
      ? []
      : [{ name: "breaks caught up", count: audit.breaksHealed, isWrong: false }]),
  ];
  const { checker } = run;
  const isRefused = checker?.verdict === "broken";
  const isBroken = audit.verdict === "broken" || isRefused || checks.some(({ isWrong }) => isWrong);
  const voided = generator.saturated
    ? `The generator was saturated${generator.why ? `: ${generator.why}` : ""}. The figures below are its own, not the server's; the audit holds all the same.`
    : undefined;
  return {
    tone: isBroken ? "broken" : voided ? "void" : "clean",
    headline: `Lost ${whole(audit.lost)} of ${whole(audit.acknowledged)}`,
    ...(voided ? { voided } : {}),
    checks,
    ...(checker ? { checker: { isWrong: isRefused, words: checker.lines.at(-1) ?? checker.verdict } } : {}),
  };
}
