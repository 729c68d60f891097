// Numbered rules and the titles of tests, compared both ways: a rule without a test is a wish, a test that names a
// rule which does not exist proves nothing.

import type { SourceFile } from "#tests/house-rules/house.ts";

export interface RuleBook {
  readonly letter: string;
  readonly path: string;
  readonly text: string;
}

/** A rule is a line that begins with its number in bold: **[W1]**, **P1** or "- **[L1]**". */
export function rulesOf(book: RuleBook): string[] {
  const pattern = new RegExp(`^(?:[-*|]\\s*)?\\*\\*\\[?(${book.letter}\\d+)\\]?\\*\\*`, "gm");
  return [...book.text.matchAll(pattern)].map((found) => found[1]!);
}

const titlePattern =
  /\b(?:test|it|describe|prove|rule)(?:\.\w+)*(?:<[^>]*>)?(?:\([^"'`()]*\))?\(\s*["'`]((?:\[[A-Z]\d+\]\s*)+)/g;

/** The numbers that titles of tests begin with, and in which file. */
export function provenIn(files: readonly SourceFile[]): Map<string, string> {
  const proven = new Map<string, string>();
  for (const file of files.filter((it) => it.path.startsWith("tests/")))
    for (const found of file.withoutComments.matchAll(titlePattern))
      for (const [, number] of found[1]!.matchAll(/\[([A-Z]\d+)\]/g)) proven.set(number!, file.path);
  return proven;
}

export function numberProblems(book: RuleBook, proven: ReadonlyMap<string, string>): string[] {
  const rules = rulesOf(book);
  const unproven = rules.filter((rule) => !proven.has(rule));
  const unknown = [...proven].filter(([rule]) => rule.startsWith(book.letter) && !rules.includes(rule));
  const doubled = rules.filter((rule, i) => rules.indexOf(rule) !== i);
  return [
    ...unproven.map(
      (rule) => `${book.path}: no test proves ${rule}: write one whose title begins with [${rule}].`,
    ),
    ...unknown.map(([rule, path]) => `${path} claims to prove ${rule}, which ${book.path} does not have.`),
    ...doubled.map((rule) => `${book.path} has ${rule} twice: numbers are given once.`),
  ];
}
