// What went wrong, said to eyes and ears.

import type { ReadonlySignal } from "@preact/signals";

export function Problem({ text }: { text: ReadonlySignal<string> }) {
  return text.value ? (
    <p class="problem" role="alert">
      {text.value}
    </p>
  ) : null;
}
