// The run as a person at a terminal sees it: one panel, drawn over itself each second. Where nobody watches, a line
// every five seconds.

import type { Audit, Sample } from "./run-file.ts";

export interface Seen {
  readonly title: string;
  readonly phase: string;
  readonly atMs: number;
  readonly lengthMs: number;
  readonly series: readonly Sample[];
  readonly audit: Audit;
  readonly refused: Readonly<Record<string, number>>;
  readonly failed: Readonly<Record<string, number>>;
  /** Why the run would be void, as it is now. */
  readonly saturated: string | null;
}

export interface View {
  /** What happens before and after the load. */
  say(line: string): void;
  second(seen: Seen): void;
  close(): void;
}

const lineEvery = 5;
const blocks = "▁▂▃▄▅▆▇█";
const sparkWidth = 40;
const barWidth = 30;
const failuresMax = 3;
const rolesMax = 4;

export function openView(output: NodeJS.WriteStream, isQuiet: boolean): View {
  if (isQuiet) return { say() {}, second() {}, close() {} };
  return output.isTTY ? panel(output) : lines(output);
}

function lines(output: NodeJS.WriteStream): View {
  return {
    say: (line) => void output.write(`${line}\n`),
    second(seen) {
      if (seen.series.length % lineEvery !== 0) return;
      const { audit, phase, atMs } = seen;
      const now = mean(seen.series.slice(-lineEvery));
      const parts = [
        `${Math.round(atMs / 1000)} s ${phase}`,
        `${now.online} online`,
        `${now.sent}/s sent, ${now.delivered}/s delivered`,
        `ack p99 ${ms(now.ackP99Ms)}`,
        `delivery p99 ${ms(now.deliveryP99Ms)}`,
        ...server(now),
        ...counted(seen.refused),
        ...counted(seen.failed).slice(0, failuresMax),
        verdict(audit),
        ...(seen.saturated ? [`VOID: ${seen.saturated}`] : []),
      ];
      output.write(`${parts.join(" · ")}\n`);
    },
    close() {},
  };
}

function panel(output: NodeJS.WriteStream): View {
  let drawn = 0;
  const clear = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[J`);
    drawn = 0;
  };
  return {
    say(line) {
      clear();
      output.write(`${line}\n`);
    },
    second(seen) {
      clear();
      const width = Math.max(40, (output.columns || 80) - 1);
      const rows = panelRows(seen, output.hasColors?.() ?? false).map((row) => cut(row, width));
      output.write(`${rows.join("\n")}\n`);
      drawn = rows.length;
    },
    close() {
      drawn = 0;
    },
  };
}

export function panelRows(seen: Seen, hasColors: boolean): string[] {
  const paint = (code: number, text: string) => (hasColors ? `\x1b[${code}m${text}\x1b[0m` : text);
  const { series, audit } = seen;
  const now = mean(series.slice(-3));
  const row = (name: string, text: string) => `  ${paint(2, name.padEnd(11))} ${text}`;
  const done = Math.min(1, seen.atMs / seen.lengthMs);
  const bar = "━".repeat(Math.round(done * barWidth)).padEnd(barWidth, "─");
  const told = (counts: string[]) =>
    counts.length === 0 ? "nothing" : paint(33, counts.slice(0, failuresMax).join(", "));
  const isClean = audit.verdict === "clean";
  return [
    "",
    `  ${paint(1, seen.title)}`,
    row(
      "progress",
      `${bar} ${Math.round(seen.atMs / 1000)} of ${Math.round(seen.lengthMs / 1000)} s, ${seen.phase}`,
    ),
    row("online", `${number(now.online)} sessions`),
    row("messages", `${number(now.sent)}/s sent, ${number(now.delivered)}/s delivered`),
    row("ack", `p50 ${ms(now.ackP50Ms)}  p99 ${ms(now.ackP99Ms)}  ${spark(series.map((it) => it.ackP99Ms))}`),
    row(
      "delivery",
      `p50 ${ms(now.deliveryP50Ms)}  p99 ${ms(now.deliveryP99Ms)}  ${spark(series.map((it) => it.deliveryP99Ms))}`,
    ),
    row("server", [...server(now), ...roles(now)].join(", ") || "not known (no /metrics within reach)"),
    row("generator", `${percent(now.generatorCpuShare)} of a core, the busiest process`),
    row("refused", told(counted(seen.refused))),
    row("failed", told(counted(seen.failed))),
    row("audit", paint(isClean ? 32 : 31, verdict(audit))),
    row("", healed(audit)),
    ...(seen.saturated ? [`  ${paint(31, `VOID: ${seen.saturated}`)}`] : []),
    "",
  ];
}

export function verdict(audit: Audit): string {
  const { lost, doubled, disordered, unreadErrors, acknowledged } = audit;
  const faults = `lost ${number(lost)}, doubled ${number(doubled)}, out of order ${number(disordered)}, unread wrong ${number(unreadErrors)} of ${number(acknowledged)}`;
  return audit.verdict === "clean" ? faults : `BROKEN: ${faults}`;
}

export function healed({ shown, sessions, gapsHealed, breaksHealed = 0 }: Audit): string {
  return `shown ${number(shown)} times on ${number(sessions)} sessions; healed ${number(gapsHealed)} gaps, ${number(breaksHealed)} breaks`;
}

/** The newest values, each as high as its share of the highest. */
export function spark(values: readonly number[]): string {
  const shown = values.slice(-sparkWidth);
  const top = Math.max(1e-9, ...shown);
  return shown
    .map((value) => blocks[Math.min(blocks.length - 1, Math.floor((value / top) * blocks.length))])
    .join("");
}

function mean(samples: readonly Sample[]): Sample {
  const last = samples.at(-1)!;
  const of = (read: (it: Sample) => number) =>
    samples.reduce((sum, it) => sum + read(it), 0) / samples.length;
  const most = (read: (it: Sample) => number) => Math.max(...samples.map(read));
  return {
    ...last,
    sent: Math.round(of((it) => it.sent)),
    delivered: Math.round(of((it) => it.delivered)),
    ackP50Ms: of((it) => it.ackP50Ms),
    ackP99Ms: most((it) => it.ackP99Ms),
    deliveryP50Ms: of((it) => it.deliveryP50Ms),
    deliveryP99Ms: most((it) => it.deliveryP99Ms),
    generatorCpuShare: most((it) => it.generatorCpuShare),
  };
}

function server(now: Sample): string[] {
  if (!now.server) return [];
  const { cpuShare, memoryBytes } = now.server;
  return [`server ${percent(cpuShare)} of a core`, `${Math.round(memoryBytes / 2 ** 20)} MiB`];
}

/** The dearest parts, where there are several. */
function roles({ server }: Sample): string[] {
  const shares = Object.entries(server?.byRole ?? {}).sort((a, b) => b[1].cpuShare - a[1].cpuShare);
  if (shares.length < 2) return [];
  return shares.slice(0, rolesMax).map(([role, { cpuShare }]) => `${role} ${percent(cpuShare)}`);
}

/** The most frequent first. */
function counted(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts)
    .sort((a, b) => b[1] - a[1])
    .map(([what, count]) => `${number(count)} x ${what}`);
}

function ms(value: number): string {
  return value >= 1000 ? `${(value / 1000).toFixed(1)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** By what is seen: colours take no room. */
function cut(row: string, width: number): string {
  const plain = Bun.stripANSI(row);
  return plain.length <= width ? row : `${plain.slice(0, width - 1)}…`;
}
