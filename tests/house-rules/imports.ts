// Who imports what: each import of a source, with the room it comes from and the room or package it reaches.

import { posix } from "node:path";
import type { SourceFile } from "#tests/house-rules/house.ts";

export interface Import {
  readonly from: string;
  readonly specifier: string;
  /** The house's own file, or null for a package or a part of the runtime. */
  readonly file: string | null;
  /** The npm package, or null. */
  readonly npmPackage: string | null;
  readonly typeOnly: boolean;
}

const patterns = [
  /\bimport\s+(type\s+)?(?:[\w$*{}\s,]+?\s+from\s+)?["']([^"'\n]+)["']/g,
  /\bexport\s+(type\s+)?[\w$*{}\s,]+?\s+from\s+["']([^"'\n]+)["']/g,
  /\bimport\s*()\(\s*["']([^"'\n]+)["']/g,
];

export function importsOf(source: SourceFile): Import[] {
  return patterns.flatMap((pattern) =>
    [...source.withoutComments.matchAll(pattern)]
      .filter((found) => source.codeOnly[found.index] !== " ") // else it stands in a text, as in tests of these rules
      .map((found) => toImport(source.path, found[2]!, found[1] !== undefined && found[1] !== "")),
  );
}

function toImport(from: string, specifier: string, typeOnly: boolean): Import {
  const isRuntime = /^(node:|bun:)/.test(specifier) || specifier === "bun";
  const file = ownFile(from, specifier);
  const npmPackage = file === null && !isRuntime ? packageOf(specifier) : null;
  return { from, specifier, file, npmPackage, typeOnly };
}

function ownFile(from: string, specifier: string): string | null {
  if (specifier.startsWith("#")) return specifier.slice(1);
  if (specifier.startsWith(".")) return posix.join(posix.dirname(from), specifier);
  return null;
}

function packageOf(specifier: string): string {
  const [first, second] = specifier.split("/");
  return first!.startsWith("@") ? `${first}/${second}` : first!;
}

const roomsOfRooms = new Set(["adapters", "services"]);

/** adapters/postgres/rows.ts -> adapters/postgres; core/messages/message.ts -> core. */
export function roomOf(path: string): string {
  const [first, second, third] = path.split("/");
  return roomsOfRooms.has(first!) && third !== undefined ? `${first}/${second}` : first!;
}
