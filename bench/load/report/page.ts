// The frame of a page that needs nothing but itself: style and script stand in it, no address is asked.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dark, light, plotStyle, themeVariables } from "#bench/plots/colours.ts";
import { escaped } from "#bench/plots/marks.ts";
import { plotData } from "./plot-figures.ts";
import type { PagePlot } from "./plots-of-run.ts";

export async function page(title: string, inside: string, plots: readonly PagePlot[]): Promise<string> {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<link rel="icon" href="data:image/svg+xml,${encodeURIComponent(icon())}">
<style>
:root{${themeVariables(light)}}
@media (prefers-color-scheme:dark){:root{${themeVariables(dark)}}}
@media print{:root{${themeVariables(light)}}}
${plotStyle}
${readFileSync(join(import.meta.dir, "page.css"), "utf8")}
</style>
</head>
<body>
<main>
${inside}
</main>
${plotData(plots)}
<script>${await script()}</script>
</body>
</html>
`;
}

export function icon(): string {
  return readFileSync(join(import.meta.dir, "../../../web/shell/icon.svg"), "utf8");
}

/** The page draws with the same code as the server. */
async function script(): Promise<string> {
  const built = await Bun.build({
    entrypoints: [join(import.meta.dir, "in-page.ts")],
    target: "browser",
    format: "iife",
    minify: true,
  });
  return (await built.outputs[0]!.text()).replaceAll("</script", "<\\/script");
}
