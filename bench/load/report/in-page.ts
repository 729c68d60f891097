// Runs in the page of a report: draws each plot for the width that there is, shows the values under the pointer or
// the arrow keys in all plots over time at once, and looks closer where somebody drags. Without it the page still reads.

import { type Drawn, drawLines, type LinePlot } from "#bench/plots/line-plot.ts";
import { drawPercentiles } from "#bench/plots/percentile-plot.ts";
import { clock, written } from "#bench/plots/units.ts";
import type { PagePlot } from "./plots-of-run.ts";

const plots = JSON.parse(document.getElementById("plots")!.textContent!) as PagePlot[];
const showAll = document.getElementById("show-all") as HTMLButtonElement | null;
let window_: readonly [number, number] | undefined;

interface Canvas {
  readonly element: HTMLElement;
  readonly height: number;
  readonly shown: PagePlot;
  /** null for plots that do not run over time. */
  drawn: Drawn | null;
  width: number;
}

const canvases: Canvas[] = [...document.querySelectorAll<HTMLElement>(".canvas")].map((element) => ({
  element,
  height: Number(element.dataset.height),
  shown: plots.find(({ id }) => id === element.dataset.plot)!,
  drawn: null,
  width: 0,
}));

function draw(canvas: Canvas): void {
  const { element, height, shown } = canvas;
  const width = Math.max(280, Math.round(element.clientWidth));
  canvas.width = width;
  const frame = { width, height: width < 420 ? Math.min(height, 270) : height };
  if (shown.kind === "percentiles") {
    element.innerHTML = drawPercentiles(shown.plot, frame);
    return;
  }
  canvas.drawn = drawLines(shown.plot, window_ ? { ...frame, window: window_ } : frame);
  element.innerHTML = canvas.drawn.svg;
}

function drawAll(): void {
  for (const canvas of canvases) draw(canvas);
  if (showAll) showAll.hidden = window_ === undefined;
}

function look(window: readonly [number, number] | undefined): void {
  window_ = window;
  drawAll();
}

function timeAt({ drawn, element, width }: Canvas, clientX: number): number {
  const { left, right, window } = drawn!;
  const box = element.getBoundingClientRect();
  const x = ((clientX - box.left) / box.width) * width;
  const share = Math.min(1, Math.max(0, (x - left) / (right - left)));
  return window[0] + share * (window[1] - window[0]);
}

function placeOf({ drawn }: Canvas, at: number): number {
  const { left, right, window } = drawn!;
  return left + ((at - window[0]) / (window[1] - window[0] || 1)) * (right - left);
}

function nearest(timesMs: readonly number[], at: number): number {
  let best = 0;
  for (let i = 1; i < timesMs.length; i++)
    if (Math.abs(timesMs[i]! - at) < Math.abs(timesMs[best]! - at)) best = i;
  return best;
}

function overTime(canvas: Canvas): LinePlot | null {
  return canvas.shown.kind === "lines" && canvas.drawn ? canvas.shown.plot : null;
}

/** A line in every plot, the values beside the one that is pointed at. */
function point(at: number | null, pointed: Canvas): void {
  for (const old of document.querySelectorAll(".cross, .tip")) old.remove();
  if (at === null) return;
  for (const canvas of canvases) {
    const plot = overTime(canvas);
    if (!plot) continue;
    const i = nearest(plot.timesMs, at);
    const { top, bottom } = canvas.drawn!;
    const x = placeOf(canvas, plot.timesMs[i]!);
    canvas.element.append(box("cross", { left: x, top, height: bottom - top }));
    if (canvas === pointed) canvas.element.append(tip(plot, i, x, canvas));
  }
}

function tip(plot: LinePlot, i: number, x: number, canvas: Canvas): HTMLElement {
  const element = box("tip", { top: canvas.drawn!.top });
  element.setAttribute("role", "status");
  element.style[x > canvas.width / 2 ? "right" : "left"] =
    `${(x > canvas.width / 2 ? canvas.width - x : x) + 10}px`;
  const heading = document.createElement("b");
  heading.textContent = clock(plot.timesMs[i]!);
  element.append(
    heading,
    ...plot.lines.map((line) => valueRow(line.name, line.colour, line.values[i] ?? null, plot)),
  );
  return element;
}

function valueRow(name: string, colour: number, value: number | null, plot: LinePlot): HTMLElement {
  const row = document.createElement("div");
  const label = document.createElement("span");
  const swatch = document.createElement("i");
  swatch.style.background = `var(--plot-${colour})`;
  label.append(swatch, name);
  const figure = document.createElement("strong");
  figure.textContent = written(value, plot.unit);
  row.append(label, figure);
  return row;
}

function box(kind: string, places: Readonly<Record<string, number>>): HTMLElement {
  const element = document.createElement("div");
  element.className = kind;
  for (const [side, value] of Object.entries(places)) element.style.setProperty(side, `${value}px`);
  return element;
}

function listen(canvas: Canvas): void {
  const { element } = canvas;
  let from: number | null = null;
  let keyed: number | null = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch" && event.button === 0) from = event.clientX;
  });
  element.addEventListener("pointermove", (event) => {
    point(timeAt(canvas, event.clientX), canvas);
    element.querySelector(".chosen")?.remove();
    if (from === null || Math.abs(event.clientX - from) < 6) return;
    const edge = element.getBoundingClientRect().left;
    const { top, bottom } = canvas.drawn!;
    const left = Math.min(from, event.clientX) - edge;
    element.append(box("chosen", { left, width: Math.abs(event.clientX - from), top, height: bottom - top }));
  });
  window.addEventListener("pointerup", (event) => {
    const begun = from;
    from = null;
    if (begun === null || Math.abs(event.clientX - begun) < 6) return;
    const [a, b] = [timeAt(canvas, begun), timeAt(canvas, event.clientX)].sort((x, y) => x - y) as [
      number,
      number,
    ];
    if (b - a >= 2_000) look([a, b]);
    else element.querySelector(".chosen")?.remove();
  });
  element.addEventListener("pointerleave", () => point(null, canvas));
  element.addEventListener("blur", () => point(null, canvas));
  element.addEventListener("dblclick", () => look(undefined));
  element.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape") look(undefined);
    if (step === undefined) return;
    event.preventDefault();
    const { timesMs } = overTime(canvas)!;
    const [first, last] = canvas.drawn!.window;
    const next = keyed === null ? nearest(timesMs, first) : keyed + step * (event.shiftKey ? 10 : 1);
    keyed = Math.min(nearest(timesMs, last), Math.max(nearest(timesMs, first), next));
    point(timesMs[keyed]!, canvas);
  });
}

drawAll();
for (const canvas of canvases) if (overTime(canvas)) listen(canvas);
showAll?.addEventListener("click", () => look(undefined));
window.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && window_) look(undefined);
});
let due = 0;
window.addEventListener("resize", () => {
  cancelAnimationFrame(due);
  due = requestAnimationFrame(drawAll);
});
// Paper has another width than the window; what was drawn for a wide screen is only scaled.
window.addEventListener("beforeprint", () => point(null, canvases[0]!));
