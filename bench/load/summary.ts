// The last words of a run, for a person.

import type { LoadOptions } from "./options.ts";
import { auditOfServer, type Latency, type RunFile, type ServerCost } from "./run-file.ts";
import { healed, verdict } from "./view.ts";

export function summary(run: RunFile, { json, html, history }: LoadOptions): string[] {
  const { audit, generator, totals, server } = run;
  const { actions } = totals;
  const sent = (actions.send ?? 0) + (actions.reply ?? 0) + (actions.file ?? 0);
  const lines = [
    "",
    `${run.profile.name} (version ${run.profile.version}, seed ${run.seed}) on ${run.target.url}, Banyan ${run.target.version}, ${run.target.topology}`,
    `${count(totals.people)} people with ${count(totals.devices)} devices in ${count(totals.conversations)} conversations; ${count(sent)} messages sent`,
    ...table(run.latency),
  ];
  if (server)
    lines.push(
      `server       ${count(Math.round(server.cpuUsPerMessage))} us of CPU for each message and all that people do beside it${byRole(server)}; at most ${Math.round(server.cpuSharePeak * 100)} % of a core, ${Math.round(server.memoryBytesPeak / 2 ** 20)} MiB`,
    );
  lines.push(
    `generator    ${generator.processes} ${generator.processes === 1 ? "process" : "processes"}, at most ${Math.round(generator.cpuSharePeak * 100)} % of a core, timetable kept to ${generator.lateP99Ms.toFixed(1)} ms at p99`,
  );
  for (const [code, times] of Object.entries(run.refused))
    lines.push(`refused      ${count(times)} x ${code}${hintOf(code)}`);
  for (const [text, times] of Object.entries(run.errors))
    lines.push(`error        ${count(times)} x ${text}${hintOf(text)}`);
  for (const text of run.warnings) lines.push(`note         ${text}`);
  lines.push(`audit        ${verdict(audit)} acknowledged; ${healed(audit)}`);
  for (const example of audit.examples.slice(0, 5)) lines.push(`             ${example}`);
  const own = auditOfServer(run);
  if (own)
    lines.push(`server says  lost ${count(own.lost)} of ${count(own.checked)} (its own delivery audit)`);
  for (const line of run.checker?.lines ?? []) lines.push(`checker      ${line}`);
  if (generator.saturated) lines.push(`VOID         ${generator.why}`);
  for (const file of [json, html, history]) if (file) lines.push(`written      ${file}`);
  return lines;
}

/** Where it is several processes. */
function byRole({ cpuUsPerMessageByRole = {} }: ServerCost): string {
  const parts = Object.entries(cpuUsPerMessageByRole).sort((a, b) => b[1] - a[1]);
  if (parts.length < 2) return "";
  return ` (${parts.map(([role, us]) => `${role} ${count(Math.round(us))}`).join(", ")})`;
}

/** Which option of the server lifts it. */
function hintOf(what: string): string {
  if (/answered ".* 429/.test(what)) return " (the server's limit for one address: --sockets-per-minute)";
  if (/answered ".* 503/.test(what)) return " (the server is full, or not ready: --sockets-max)";
  if (what !== "rate_limited") return "";
  return " (the server's limits for one person: --commands-per-second, --conversation-sends-per-second, --requests-per-minute)";
}

function table(latency: Readonly<Record<string, Latency>>): string[] {
  const order = ["ack", "delivery", "open", "resume", "login"];
  const names = Object.keys(latency).sort((a, b) => place(order, a) - place(order, b));
  return names.map((name) => {
    const { count: times, p50Ms, p99Ms, p999Ms, maxMs } = latency[name]!;
    return `${name.padEnd(12)} p50 ${ms(p50Ms)}  p99 ${ms(p99Ms)}  p99.9 ${ms(p999Ms)}  max ${ms(maxMs)}  of ${count(times)}`;
  });
}

function place(order: readonly string[], name: string): number {
  const at = order.indexOf(name);
  return at < 0 ? order.length : at;
}

function ms(value: number): string {
  return `${value.toFixed(value < 100 ? 1 : 0)} ms`.padStart(9);
}

function count(value: number): string {
  return value.toLocaleString("en");
}
