// Fills the marked sections of SPEC.md from the tables that the code runs on, so that the two cannot differ.
// `./banyan docs` calls writeProtocolDocs; tests/conformance/wire-spec.test.ts fails when SPEC.md is stale.

import { readFile, writeFile } from "node:fs/promises";
import { closeCodes, closeMeanings } from "./close-codes.ts";
import { beat, change, clientFrame, head, presence, range, reaction, serverFrame, shown } from "./frames.ts";
import { limits } from "./limits.ts";
import { changeMeanings, clientMeanings, limitMeanings, partMeanings, serverMeanings } from "./meanings.ts";
import { refusalCodes } from "./refusals.ts";
import type { WireType } from "./wire-types.ts";

export const specUrl = new URL("./SPEC.md", import.meta.url);

/** Writes SPEC.md anew; true when that changed it. */
export async function writeProtocolDocs(): Promise<boolean> {
  const spec = await readFile(specUrl, "utf8");
  const fresh = withTables(spec);
  if (fresh !== spec) await writeFile(specUrl, fresh);
  return fresh !== spec;
}

/** The specification with every marked section filled. */
export function withTables(spec: string): string {
  return spec.replace(
    /(<!-- generated: ([a-z-]+) -->\n)[\s\S]*?(<!-- end -->)/g,
    (_, open: string, section: string, close: string) => {
      const write = sections[section];
      if (!write) throw new Error(`SPEC.md asks for a section that nobody writes: ${section}`);
      return `${open}\n${write()}\n${close}`;
    },
  );
}

type Fields = Record<string, WireType<any>>;
type Meanings = Record<string, string>;

const sections: Record<string, () => string> = {
  "client-frames": () => ofChoice(clientFrame.members, clientMeanings),
  "server-frames": () => ofChoice(serverFrame.members, serverMeanings),
  changes: () => ofChoice(change.members, changeMeanings),
  parts: () =>
    Object.entries({ head, beat, presence, reaction, shown, range })
      .map(([kind, part]) =>
        ofRecord(`\`${kind}\``, part.fields, partMeanings[kind as keyof typeof partMeanings]),
      )
      .join("\n\n"),
  limits: () =>
    table(
      ["limit", "value", "meaning"],
      Object.entries(limits).map(([key, value]) => [
        `\`${key}\``,
        `${value}`,
        limitMeanings[key as keyof typeof limits],
      ]),
    ),
  "close-codes": () =>
    table(
      ["code", "name", "meaning and what to do"],
      Object.entries(closeCodes).map(([key, code]) => [
        `${code}`,
        `\`${key}\``,
        closeMeanings[key as keyof typeof closeCodes],
      ]),
    ),
  refusals: () =>
    table(
      ["code", "meaning"],
      Object.entries(refusalCodes).map(([code, meaning]) => [`\`${code}\``, meaning]),
    ),
};

function ofChoice(
  members: Record<string, { no: number; type: { fields: Fields } }>,
  meanings: Record<string, Meanings>,
): string {
  return Object.entries(members)
    .filter(([, { no }]) => no >= 0)
    .map(([kind, { no, type }]) => ofRecord(`\`${kind}\` (${no})`, type.fields, meanings[kind]!))
    .join("\n\n");
}

function ofRecord(heading: string, fields: Fields, meanings: Meanings): string {
  const rows = Object.entries(fields).map(([key, type], i) => [
    `${i + 1}`,
    `\`${key}\``,
    type.name,
    meanings[key]!,
  ]);
  const about = `#### ${heading}\n\n${meanings.about}`;
  return rows.length === 0
    ? `${about} It has no fields.`
    : `${about}\n\n${table(["", "field", "type", "meaning"], rows)}`;
}

/** Padded as the formatter of this house pads Markdown. */
function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heads.map((_, i) => Math.max(3, ...[heads, ...rows].map((cells) => cells[i]!.length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!)).join(" | ")} |`;
  return [line(heads), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}
