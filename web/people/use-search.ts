// A search as one types: asks after a short rest, and an answer that came too late is not shown.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Answer } from "#sdk/refusals.ts";
import { plainWords } from "#web/shell/words.ts";

const restMs = 150;

export interface Search<T> {
  readonly words: Signal<string>;
  /** null before the first answer. */
  readonly found: Signal<readonly T[] | null>;
  readonly problem: Signal<string>;
}

export function useSearch<T>(ask: (words: string) => Answer<readonly T[]>): Search<T> {
  const words = useSignal("");
  const found = useSignal<readonly T[] | null>(null);
  const problem = useSignal("");
  const sought = words.value.trim();

  useEffect(() => {
    let isStale = false;
    const timer = setTimeout(async () => {
      const answer = await ask(sought);
      if (isStale) return;
      problem.value = answer.ok ? "" : plainWords(answer.refusal);
      if (answer.ok) found.value = answer.value;
    }, restMs);
    return () => {
      isStale = true;
      clearTimeout(timer);
    };
  }, [sought]);
  return { words, found, problem };
}
