// "Did you mean ...?": the known word that differs from a mistyped one by the fewest letters.

/** The nearest of `known`, or null where none is near enough to be meant. */
export function nearest(given: string, known: readonly string[]): string | null {
  const far = Math.max(2, Math.floor(given.length / 3)) + 1;
  let best: string | null = null;
  let bestDistance = far;
  for (const word of known) {
    const distance = editDistance(given.toLowerCase(), word.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [word, distance];
  }
  return best;
}

export function didYouMean(given: string, known: readonly string[]): string {
  const word = nearest(given, known);
  return word === null ? "" : ` Did you mean ${word}?`;
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1));
    }
    above = row;
  }
  return above[b.length]!;
}
