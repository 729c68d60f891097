// The data rules that a text search can hold (DESIGN, "Data"), over every statement and part of a statement that is
// written in adapters/postgres.

import type { SourceFile } from "#tests/house-rules/house.ts";
import type { Literal } from "#tests/house-rules/scan.ts";

const conversationSide = ["conversations", "members", "messages", "reactions", "outbox"];
const userSide = ["users", "handles", "sessions", "inbox", "invitations", "installation"];

const forbidden: readonly { pattern: RegExp; instead: string }[] = [
  { pattern: /\bcreate\s+(constraint\s+)?trigger\b/i, instead: "let the statement itself do it" },
  {
    pattern: /\b(listen|notify)\s+\w+|\bpg_notify\b/i,
    instead: "use the outbox and a hint over the event bus",
  },
  { pattern: /\bpg_(try_)?advisory\w*/i, instead: "lock a row of one bucket" },
  { pattern: /\bmerge\s+into\b/i, instead: "use insert ... on conflict" },
  { pattern: /\bdeferrable\b|\binitially\s+deferred\b/i, instead: "check in the same statement" },
  {
    pattern: /\bexclude\s+using\b|\busing\s+gist\b/i,
    instead: "use a unique key that begins with the bucket",
  },
  { pattern: /\block\s+table\b/i, instead: "lock rows of one bucket" },
  { pattern: /\binherits\s*\(/i, instead: "partition by bucket" },
  { pattern: /\bserializable\b/i, instead: "write one statement that decides and changes" },
  { pattern: /\blateral\b[^;]*\bunnest\b/i, instead: "join the unnested arrays WITH ORDINALITY" },
  { pattern: /\bwith\s+recursive\b/i, instead: "read with one statement per step" },
  { pattern: /\blanguage\s+'?sql'?\b/i, instead: "write the statement where it is used" },
];

export function sqlProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.path.startsWith("adapters/postgres/"))
    .flatMap((file) => file.literals.filter(isSql).flatMap((literal) => problemsOf(file.path, literal)));
}

function isSql({ text }: Literal): boolean {
  return /\b(select|insert\s+into|update|delete\s+from|create|alter|drop|with|lock|listen|notify|merge)\s/i.test(
    text,
  );
}

function problemsOf(path: string, literal: Literal): string[] {
  const at = `${path}:${literal.line}`;
  const text = literal.text.replace(/--[^\n]*/g, "");
  const problems = forbidden
    .filter(({ pattern }) => pattern.test(text))
    .map(
      ({ pattern, instead }) =>
        `${at} uses ${pattern.exec(text)![0].trim()}: ${instead} (DESIGN, data rule 5).`,
    );
  const conversations = touched(text, conversationSide);
  const users = touched(text, userSide);
  if (conversations.length > 0 && !/\bbucket\b/i.test(text) && !/^\s*create\s+index\b/i.test(text))
    problems.push(
      `${at} names ${conversations.join(", ")} without bucket: say bucket = $n (DESIGN, data rule 1).`,
    );
  if (conversations.length > 0 && users.length > 0)
    problems.push(
      `${at} joins ${conversations.join(", ")} with ${users.join(", ")}: the two families are never joined; ` +
        "read them one after the other (DESIGN, data rule 1).",
    );
  return problems;
}

/** The tables that the text reads or writes, also by a partition's name or as a name put in by the program. */
function touched(text: string, tables: readonly string[]): string[] {
  return tables.filter((table) =>
    new RegExp(
      `\\b(from|join|into|update|table|using|references|on)\\s+(only\\s+)?(\\$\\{\\w+\\.)?${table}(_p\\d\\d\\b|_\\$\\{|\\b(?!_))`,
      "i",
    ).test(text),
  );
}
