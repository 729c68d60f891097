// Takes a TypeScript source apart far enough for the rules of the house: which parts are comments, which are
// strings and templates, and the rest, which is code.

export interface Literal {
  /** Without its quotes; of a template, what stands in ${...} stays as it is written. */
  readonly text: string;
  readonly line: number;
}

export interface Scanned {
  readonly literals: readonly Literal[];
  /** The source with comments blanked out. */
  readonly withoutComments: string;
  /** The source with comments and literals blanked out. */
  readonly codeOnly: string;
}

interface Part {
  readonly kind: "comment" | "literal";
  readonly start: number;
  readonly end: number;
}

export function scan(source: string): Scanned {
  const parts = partsOf(source);
  const comments = parts.filter((part) => part.kind === "comment");
  const literals = parts
    .filter((part) => part.kind === "literal")
    .map(({ start, end }) => ({ text: source.slice(start + 1, end - 1), line: lineAt(source, start) }));
  return { literals, withoutComments: blank(source, comments), codeOnly: blank(source, parts) };
}

export function lineAt(source: string, at: number): number {
  return source.slice(0, at).split("\n").length;
}

function partsOf(source: string): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < source.length; ) {
    const part = partAt(source, at);
    if (part === null) at++;
    else {
      if (part.kind !== "regex") parts.push({ kind: part.kind, start: at, end: part.end });
      at = part.end;
    }
  }
  return parts;
}

function partAt(source: string, at: number): { kind: Part["kind"] | "regex"; end: number } | null {
  const two = source.slice(at, at + 2);
  if (two === "//") return { kind: "comment", end: endOf(source, at, "\n") };
  if (two === "/*") return { kind: "comment", end: endOf(source, at + 2, "*/") + 2 };
  const one = source[at]!;
  if (one === "/" && mayBeginRegex(source, at)) return { kind: "regex", end: endOfRegex(source, at) };
  if (one === '"' || one === "'") return endOfLine(source, at, one);
  if (one === "`") return { kind: "literal", end: endOfTemplate(source, at) };
  return null;
}

function endOf(source: string, from: number, mark: string): number {
  const found = source.indexOf(mark, from);
  return found < 0 ? source.length : found;
}

/** A quote that does not close on its line is an apostrophe in the text of a page (JSX). */
function endOfLine(source: string, at: number, quote: string): { kind: "literal"; end: number } | null {
  for (let i = at + 1; i < source.length && source[i] !== "\n"; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === quote) return { kind: "literal", end: i + 1 };
  }
  return null;
}

function endOfTemplate(source: string, at: number): number {
  for (let i = at + 1; i < source.length; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "`") return i + 1;
    else if (source.startsWith("${", i)) i = endOfBraces(source, i + 2) - 1;
  }
  return source.length;
}

function endOfBraces(source: string, from: number): number {
  for (let i = from, depth = 1; i < source.length; ) {
    const part = partAt(source, i);
    if (part !== null) i = part.end;
    else {
      if (source[i] === "{") depth++;
      if (source[i] === "}" && --depth === 0) return i + 1;
      i++;
    }
  }
  return source.length;
}

function mayBeginRegex(source: string, at: number): boolean {
  const before = source.slice(Math.max(0, at - 200), at).trimEnd();
  return before === "" || /[(,=:[!&|?{};+>]$|\breturn$|\bcase$/.test(before) ? !/<$/.test(before) : false;
}

function endOfRegex(source: string, at: number): number {
  let inClass = false;
  for (let i = at + 1; i < source.length && source[i] !== "\n"; i++) {
    if (source[i] === "\\") i++;
    else if (source[i] === "[") inClass = true;
    else if (source[i] === "]") inClass = false;
    else if (source[i] === "/" && !inClass) return i + 1;
  }
  return at + 1;
}

function blank(source: string, parts: readonly Part[]): string {
  let text = "";
  let at = 0;
  for (const { start, end } of parts) {
    text += source.slice(at, start) + source.slice(start, end).replace(/[^\n]/g, " ");
    at = end;
  }
  return text + source.slice(at);
}
