// Words in a plot that must not lie on one another: the key above it, and the names of faults at their beginnings.

import { mark, widthOf, words } from "./marks.ts";

export interface Mark {
  readonly name: string;
  readonly colour: number;
  readonly kind: "line" | "thin" | "dashed" | "box";
}

const rowHeight = 22;

/** The key in as many rows as the width asks for. */
export function legend(marks: readonly Mark[], left: number, width: number): { svg: string; rows: number } {
  let x = left;
  let row = 0;
  const svg = marks.map(({ name, colour, kind }) => {
    const room = 22 + widthOf(name, 11.5) + 16;
    if (x + room > width && x > left) {
      x = left;
      row++;
    }
    const y = row * rowHeight + 11;
    const swatch =
      kind === "box"
        ? mark("rect", { class: `area f${colour}`, x, y: y - 6, width: 12, height: 12, rx: 3 })
        : mark("path", {
            class: `curve s${colour}${kind === "line" ? "" : ` ${kind}`}`,
            d: `M${x} ${y}h16`,
          });
    const text = words(name, x + (kind === "box" ? 18 : 22), y + 4, { class: "name" });
    x += room;
    return swatch + text;
  });
  return { svg: svg.join(""), rows: marks.length === 0 ? 0 : row + 1 };
}

interface Placed {
  readonly text: string;
  readonly at: number;
  readonly row: number;
}

const rowsMax = 4;

/** Each word begins at its place, in the lowest row that has room; what has none is left out (its band has a title). */
export function fitted(texts: readonly { text: string; at: number }[], right: number): Placed[] {
  const ends: number[] = [];
  const placed: Placed[] = [];
  for (const { text, at } of texts.toSorted((a, b) => a.at - b.at)) {
    const width = widthOf(text, 11.5) + 10;
    const begin = Math.max(0, Math.min(at, right - width));
    let row = ends.findIndex((end) => end <= begin);
    if (row < 0) row = ends.length;
    if (row >= rowsMax) continue;
    ends[row] = begin + width;
    placed.push({ text, at: begin, row });
  }
  return placed;
}
