// The colours of all plots, light and dark. The eight of the series are Okabe and Ito's set, which people with any
// colour vision can tell apart (https://jfly.uni-koeln.de/color/), darker on light paper and lighter on dark.

export interface Theme {
  readonly paper: string;
  readonly ink: string;
  readonly soft: string;
  readonly line: string;
  readonly fault: string;
  readonly series: readonly string[];
}

export const light: Theme = {
  paper: "#ffffff",
  ink: "#1c2420",
  soft: "#5a675f",
  line: "#e3e8e1",
  fault: "#c4452f",
  series: ["#0072b2", "#d55e00", "#00875f", "#b0568f", "#a87400", "#3a9ad1", "#6b5fc7", "#6c756f"],
};

export const dark: Theme = {
  paper: "#161c17",
  ink: "#e4eae4",
  soft: "#98a69c",
  line: "#2a342d",
  fault: "#ff8f7a",
  series: ["#56b4e9", "#ff9457", "#2fcf9d", "#e79cca", "#f0c14b", "#9ad4f5", "#a99cf5", "#a3ada6"],
};

/** The look of every mark, by class; in a page its variables change with the scheme, in a file they are fixed. */
export const plotStyle = `
.plot-svg{display:block;width:100%;height:auto;font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;font-variant-numeric:tabular-nums}
.plot-svg text{font-size:11.5px;fill:var(--plot-soft)}
.plot-svg .unit{fill:var(--plot-soft)}
.plot-svg .name{fill:var(--plot-ink)}
.plot-svg .heading{fill:var(--plot-ink);font-size:14px;font-weight:600}
.plot-svg .strong{fill:var(--plot-ink);font-weight:600}
.plot-svg .grid{stroke:var(--plot-line);stroke-width:1;shape-rendering:crispEdges;fill:none}
.plot-svg .fine{stroke:var(--plot-line);stroke-width:.5;opacity:.7;fill:none}
.plot-svg .base{stroke:var(--plot-soft);stroke-width:1;shape-rendering:crispEdges;fill:none}
.plot-svg .band{fill:var(--plot-soft);opacity:.07}
.plot-svg .band.fault{fill:var(--plot-fault);opacity:.13}
.plot-svg .edge{stroke:var(--plot-soft);stroke-width:1;stroke-dasharray:2 3;opacity:.55}
.plot-svg .edge.fault{stroke:var(--plot-fault);opacity:.8}
.plot-svg .fault-name{fill:var(--plot-fault);font-weight:600}
.plot-svg .rule{stroke:var(--plot-fault);stroke-width:1.2;stroke-dasharray:6 4}
.plot-svg .curve{fill:none;stroke-width:1.8;stroke-linejoin:round;stroke-linecap:round}
.plot-svg .curve.thin{stroke-width:1.2;opacity:.75}
.plot-svg .curve.dashed{stroke-dasharray:5 4}
.plot-svg .area{stroke:none;opacity:.8}
.plot-svg .area.faint{opacity:.16}
.plot-svg .area.limit{opacity:.35}
${Array.from({ length: 8 }, (_, i) => `.plot-svg .s${i + 1}{stroke:var(--plot-${i + 1})}.plot-svg .f${i + 1}{fill:var(--plot-${i + 1})}`).join("\n")}`;

/** The picture as a file of its own, which has no page around it to say its colours. */
export function asFile(svg: string, theme: Theme): string {
  const colours = new Map<string, string>([
    ...(["paper", "ink", "soft", "line", "fault"] as const).map((name) => [name, theme[name]] as const),
    ...theme.series.map((colour, i) => [String(i + 1), colour] as const),
  ]);
  const used = plotStyle
    .split("\n")
    .filter((line) => (line.match(/\.plot-svg \.([\w-]+)/g) ?? [""]).some((rule) => isUsed(svg, rule)))
    .map((line) => line.replaceAll(/var\(--plot-(\w+)\)/g, (_, name: string) => colours.get(name)!));
  return `${svg.replace(">", `><style>${used.join("")}</style>`)}\n`;
}

function isUsed(svg: string, rule: string): boolean {
  const name = rule.split(".")[2];
  return name === undefined || new RegExp(`class="[^"]*\\b${name}\\b`).test(svg);
}

export function themeVariables(theme: Theme): string {
  const series = theme.series.map((colour, i) => `--plot-${i + 1}:${colour}`).join(";");
  return `--plot-paper:${theme.paper};--plot-ink:${theme.ink};--plot-soft:${theme.soft};--plot-line:${theme.line};--plot-fault:${theme.fault};${series}`;
}
