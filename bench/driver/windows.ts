// Judges a measured window: is it one that a figure may be taken from? And says it in a line.

import type { Scene } from "#bench/journey.ts";
import type { Load, Window } from "./load.ts";

const saturatedShare = 0.95;
/** More work of others than this (of one core) and the machine was not quiet. */
const othersShareMax = 0.15;

export function tell(scene: Scene, name: string, window: Window): void {
  const each = (us: number) => (us / Math.max(1, window.acked)).toFixed(1);
  scene.say(
    `${name}: ${round(window.perSecond)} messages/s, ${round(window.deliveries / window.seconds)} deliveries/s, ` +
      `server ${percent(window.serverShare)} of a core, ${each(window.serverCpuUs)} us a message (PostgreSQL ${each(window.postgresCpuUs)}), ` +
      `ack p50 ${window.ack.p50Ms.toFixed(1)} p99 ${window.ack.p99Ms.toFixed(1)} ms, ` +
      `delivery p50 ${window.delivery.p50Ms.toFixed(1)} p99 ${window.delivery.p99Ms.toFixed(1)} ms, ` +
      `driver ${percent(window.generatorShare)}`,
  );
  const parts = Object.entries(window.partCpuUs).map(([part, us]) => `${part} ${each(us)}`);
  if (parts.length > 0) scene.say(`${name}: us a message by part: ${parts.join(", ")}`);
  if (window.generatorShare >= saturatedShare)
    scene.warn(`${name}: the load generator was saturated (${percent(window.generatorShare)} of its core)`);
  if (window.othersShare > othersShareMax)
    scene.warn(`${name}: other processes worked ${percent(window.othersShare)} of a core meanwhile`);
  const refused = Object.entries(window.refused).map(([code, count]) => `${count} x ${code}`);
  if (refused.length > 0) scene.warn(`${name}: refused ${refused.join(", ")}`);
  if (window.stuck > 0) scene.warn(`${name}: ${window.stuck} messages were not done within 10 s`);
}

/** For open loops: whether the server did what was asked of it. */
export function judgeRate(scene: Scene, name: string, window: Window, offered: number): boolean {
  const isKept = window.perSecond >= offered * 0.95;
  if (!isKept)
    scene.warn(`${name}: only ${round(window.perSecond)} of ${round(offered)} messages/s were done`);
  if (window.lateP99Ms > 10)
    scene.warn(`${name}: the driver was up to ${window.lateP99Ms.toFixed(0)} ms late`);
  return isKept;
}

/** For closed loops: whether it was the server that could do no more. */
export function judgeSaturation(scene: Scene, name: string, window: Window): void {
  if (window.serverShare < saturatedShare - 0.1)
    scene.warn(`${name}: the server used only ${percent(window.serverShare)} of its core`);
}

export function tellMissing(scene: Scene, load: Load, lost: ReadonlyMap<string, number>): void {
  const missing = load.missing();
  if (missing > 0)
    scene.warn(`${missing} live deliveries did not come (a real client asks for them by number)`);
  for (const [why, count] of lost) scene.warn(`${count} connections were lost: ${why}`);
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function round(value: number): string {
  return Math.round(value).toLocaleString("en");
}
