// The allowed arrows between the rooms of the house (DESIGN, "Folders"): who may know whom. What is not here is not
// allowed; a room always knows itself.

import type { SourceFile } from "#tests/house-rules/house.ts";
import { type Import, importsOf, roomOf } from "#tests/house-rules/imports.ts";

/** The first line that fits a path holds for it. A room that ends in / stands for all rooms in it. */
export const arrows: readonly { from: RegExp; to: readonly string[]; note?: string }[] = [
  { from: /^base\//, to: [] },
  { from: /^protocol\//, to: ["base"] },
  { from: /^core\//, to: ["base"] },
  { from: /^ports\//, to: ["core", "base"] },
  { from: /^adapters\//, to: ["ports", "core", "base"] },
  { from: /^services\/(gateway|api)\//, to: ["ports", "core", "base", "protocol"] },
  { from: /^services\//, to: ["ports", "core", "base"] },
  { from: /^app\/config/, to: ["base"] },
  {
    from: /^app\//,
    to: ["services/", "adapters/", "ports", "core", "base", "protocol", "package.json"],
    note: "app hands protocol/limits.ts to services that do not know the protocol",
  },
  { from: /^sdk\//, to: ["protocol", "base"] },
  { from: /^web\//, to: ["sdk"] },
  {
    from: /^ops\//,
    to: ["app", "ports", "adapters/", "sdk", "base", "package.json", "services/", "protocol"],
  },
  { from: /^(tests|bench)\//, to: ["*"] },
];

export function arrowProblems(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) => {
    const rule = arrows.find(({ from }) => from.test(file.path));
    const imports = importsOf(file).filter((it) => it.file !== null);
    if (rule === undefined) return imports.length === 0 ? [] : [homeless(file.path)];
    return imports.filter((it) => !isAllowed(it, rule.to)).map((it) => problem(it, rule.to));
  });
}

/** Imports within a room may be relative; every other says the room that it reaches. */
export function crossingProblems(files: readonly SourceFile[]): string[] {
  return files
    .flatMap(importsOf)
    .filter((it) => it.specifier.startsWith(".") && it.file !== null && it.file !== "package.json")
    .filter((it) => roomOf(it.file!) !== roomOf(it.from))
    .map(
      (it) =>
        `${it.from} imports ${it.specifier}: write it as #${it.file}, so that the line shows its arrow.`,
    );
}

function isAllowed(it: Import, to: readonly string[]): boolean {
  const target = roomOf(it.file!);
  if (target === roomOf(it.from) || to.includes("*")) return true;
  return to.some((room) => (room.endsWith("/") ? target.startsWith(room) : target === room));
}

function problem(it: Import, to: readonly string[]): string {
  const may = to.length === 0 ? "nothing else" : to.join(", ");
  return (
    `${it.from} imports ${it.file}, which ${roomOf(it.from)} must not know. It may know ${may}: ` +
    "hand what is needed in from app/, or speak to a port."
  );
}

function homeless(path: string): string {
  return `${path} stands in no room of the house: move it into one, or add its room to tests/house-rules/arrows.ts.`;
}

const worldly =
  /\b(Bun|process|Date\.now|new Date\(\)|Math\.random|setTimeout|setInterval|fetch|performance|crypto\.(getRandomValues|randomUUID))\b/;
const pureRooms = /^(base|core|ports|protocol)\//;

/** Decisions see no clock, no chance and no I/O: these are handed in. Hashing is arithmetic. */
export function purityProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => pureRooms.test(file.path) && file.path !== "protocol/generate.ts")
    .flatMap((file) => {
      const word = worldly.exec(file.codeOnly)?.[0];
      const runtime = importsOf(file).find(
        (it) => it.file === null && it.npmPackage === null && it.specifier !== "node:crypto",
      );
      return [
        ...(word === undefined
          ? []
          : [`${file.path} uses ${word}: hand the time, the chance or the answer in.`]),
        ...(runtime === undefined
          ? []
          : [`${file.path} imports ${runtime.specifier}: I/O belongs to an adapter.`]),
      ];
    });
}
