// What is looked for among people, as LIKE patterns that the index of trigrams can answer.

/** Too short for a trigram within a word, so looked for where words begin: there the index knows them. */
const isShort = /^[a-z0-9]{1,2}$/;
const beforeWords = ["", "% ", "%.", "%\\_", "%-"];

/** `words` in lower case; each of its characters stands for itself. */
export function searchPatterns(words: string): string[] {
  if (isShort.test(words)) return beforeWords.map((before) => `${before}${words}%`);
  return [`%${words.replaceAll(/[\\%_]/g, "\\$&")}%`];
}
