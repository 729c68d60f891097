// A clock that stands until a test moves it; what shall run after a while runs when the test says so.

import type { Clock } from "#ports/clock.ts";

export interface HandClock extends Clock {
  setTime(nowMs: number): void;
  /** Everything that waits runs, whatever its time. */
  runAll(): void;
}

export function handClock(): HandClock {
  let nowMs = 0;
  const waiting = new Set<() => void>();
  return {
    now: () => nowMs,
    after(_delayMs, then) {
      const run = () => then();
      waiting.add(run);
      return () => waiting.delete(run);
    },
    setTime: (toMs) => {
      nowMs = toMs;
    },
    runAll() {
      const due = [...waiting];
      waiting.clear();
      for (const run of due) run();
    },
  };
}
