// One thing that a button or form does: busy while it runs, and what went wrong afterwards.

import { type Signal, useSignal } from "@preact/signals";
import type { Answer } from "#sdk/refusals.ts";
import { plainWords } from "./words.ts";

export interface Action {
  readonly busy: Signal<boolean>;
  readonly problem: Signal<string>;
  /** Runs `ask` unless it is running already; `then` gets what came of it. */
  run<T>(ask: () => Answer<T>, then?: (value: T) => void): Promise<void>;
}

export function useAction(): Action {
  const busy = useSignal(false);
  const problem = useSignal("");
  return {
    busy,
    problem,
    async run(ask, then) {
      if (busy.value) return;
      busy.value = true;
      problem.value = "";
      try {
        const answer = await ask();
        if (answer.ok) then?.(answer.value);
        else problem.value = plainWords(answer.refusal);
      } catch {
        problem.value = "Something went wrong on this page. Reload it and try again.";
      } finally {
        busy.value = false;
      }
    },
  };
}
