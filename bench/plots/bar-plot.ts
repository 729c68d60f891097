// Bars that lie, one for each server, from zero, with their values written; and spans from a median to a tail on a
// logarithmic axis.

import { mark, widthOf, words } from "./marks.ts";
import { logScale } from "./scale.ts";
import { plain, type Unit, written } from "./units.ts";

/** A limit keeps nothing or is no server: it shows what can be reached at all. */
export type RowKind = "ours" | "peer" | "limit";

const fills = { ours: "f3", peer: "f8", limit: "f8 limit" };

export interface Bars {
  readonly title: string;
  readonly note?: string;
  readonly unit: Unit;
  readonly rows: readonly {
    readonly name: string;
    readonly value: number;
    readonly kind: RowKind;
    /** Written after the value. */
    readonly remark?: string;
  }[];
}

const rowHeight = 26;
const headHeight = 44;

export function drawBars(plot: Bars, width = 720): string {
  const height = headHeight + plot.rows.length * rowHeight + 8;
  const left = namesWidth(plot.rows);
  const said = plot.rows.map(
    ({ value, remark }) => `${plain(value, plot.unit)}${remark ? `  ${remark}` : ""}`,
  );
  const room = Math.max(...said.map((text) => widthOf(text, 12))) + 14;
  const max = Math.max(...plot.rows.map(({ value }) => value), 1e-9);
  const rows = plot.rows.map(({ name, value, kind }, i) => {
    const y = headHeight + i * rowHeight;
    const length = Math.max(1, (Math.max(0, value) / max) * (width - left - room));
    return [
      words(name, left - 10, y + 16, { "text-anchor": "end", class: kind === "ours" ? "strong" : "name" }),
      mark("rect", {
        class: `area ${fills[kind]}`,
        x: left,
        y: y + 3,
        width: length,
        height: rowHeight - 7,
        rx: 2.5,
      }),
      words(said[i]!, left + length + 7, y + 16, { class: kind === "ours" ? "strong" : "name" }),
    ].join("");
  });
  const base = mark("path", { class: "base", d: `M${left} ${headHeight - 2}V${height - 6}` });
  return file(plot, [...rows, base].join(""), width, height);
}

export interface Spans {
  readonly title: string;
  readonly note?: string;
  readonly unit: Unit;
  readonly rows: readonly {
    readonly name: string;
    readonly kind: RowKind;
    /** Rising: median, p99, p99.9. */
    readonly values: readonly number[];
  }[];
}

/** From the median (open) to the tail (full), on a logarithmic axis. */
export function drawSpans(plot: Spans, width = 720): string {
  const height = headHeight + plot.rows.length * rowHeight + 30;
  const left = namesWidth(plot.rows);
  const all = plot.rows.flatMap(({ values }) => values);
  const scale = logScale(Math.min(...all), Math.max(...all), left, width - 70);
  const bottom = height - 24;
  const grid = scale.ticks.map((tick) => {
    const x = scale.place(tick);
    const line = mark("path", { class: "grid", d: `M${Math.round(x) + 0.5} ${headHeight - 2}V${bottom}` });
    return line + words(written(tick, plot.unit), x, bottom + 16, { "text-anchor": "middle" });
  });
  const rows = plot.rows.map(({ name, kind, values }, i) => {
    const y = headHeight + i * rowHeight + 12;
    const colour = kind === "ours" ? 3 : 8;
    const [first, last] = [scale.place(values[0]!), scale.place(values.at(-1)!)];
    const dots = values.map((value, n) =>
      mark("circle", {
        class: n === 0 ? `curve s${colour}` : `area f${colour}`,
        cx: scale.place(value),
        cy: y,
        r: n === 0 ? 4 : 5,
      }),
    );
    return [
      words(name, left - 10, y + 4, { "text-anchor": "end", class: kind === "ours" ? "strong" : "name" }),
      mark("path", { class: `curve s${colour}`, d: `M${first + 4} ${y}H${Math.max(first + 4, last)}` }),
      ...dots,
      words(written(values.at(-1)!, plot.unit), last + 10, y + 4, {
        class: kind === "ours" ? "strong" : "name",
      }),
    ].join("");
  });
  return file(plot, [...grid, ...rows].join(""), width, height);
}

function namesWidth(rows: readonly { name: string }[]): number {
  return Math.ceil(Math.max(...rows.map(({ name }) => widthOf(name, 12)))) + 14;
}

function file(plot: { title: string; note?: string }, inside: string, width: number, height: number): string {
  const head = words(plot.title, 0, 16, { class: "heading" }) + (plot.note ? words(plot.note, 0, 33) : "");
  const attributes = {
    xmlns: "http://www.w3.org/2000/svg",
    class: "plot-svg",
    viewBox: `0 0 ${width} ${height}`,
  };
  return mark("svg", { ...attributes, role: "img", "aria-label": plot.title }, head + inside);
}
