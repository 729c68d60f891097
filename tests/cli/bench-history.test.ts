// ./banyan bench says which budget a run breaks and what stood there before, shows every figure over time, and the
// page of all servers says where a peer is better.

import { expect, test } from "bun:test";
import budgets from "#bench/budgets.json" with { type: "json" };
import type { Run } from "#bench/history.ts";
import { brokenBudgets } from "#bench/report-budgets.ts";
import { historyView } from "#bench/report-history.ts";
import { benchmarksPage } from "#bench/report-page.ts";
import { pictureOf, pictures } from "#bench/report-plots.ts";
import { runBanyan } from "#tests/serve-process.ts";

const key = "direct.half.ackP99Ms";
const bar = budgets[key].max;

test("a broken budget is named with its value, its bar and the values before", () => {
  const before = [bar - 2, bar - 1].map((value, day) => run(day, { [key]: value }));
  const now = run(5, { [key]: bar + 4, "idle.serverKiB": 1 });
  const [broken, ...others] = brokenBudgets(now, [...before, now]);
  expect(others).toEqual([]);
  expect(broken!.key).toBe(key);
  expect(broken!.line).toContain(`${bar + 4}`);
  expect(broken!.line).toContain(`<= ${bar}`);
  expect(broken!.line).toContain(`${bar - 2}.0, ${bar - 1}.0 ms, newest last`);
  expect(broken!.line).not.toContain("doubtful");
});

test("a figure at its bar breaks nothing, and a quick run never does", () => {
  expect(brokenBudgets(run(1, { [key]: bar }), [])).toEqual([]);
  expect(brokenBudgets({ ...run(1, { [key]: bar * 9 }), isQuick: true }, [])).toEqual([]);
});

test("a machine that was not quiet, and what the journey itself warned of, stand beside a broken budget", () => {
  const warnings = [
    "the machine was not quiet: in 3 windows others worked",
    "banyan: direct: half: late",
    "banyan: rooms: half: late",
  ];
  const [broken] = brokenBudgets({ ...run(1, { [key]: bar + 1 }), warnings }, []);
  expect(broken!.line).toContain("doubtful: the machine was not quiet");
  expect(broken!.line).toContain("banyan: direct: half: late");
  expect(broken!.line).not.toContain("rooms");
});

test("where others take twice as long as on the bars' machine, so may Banyan; bytes may not grow", () => {
  const twice = { "socketio-postgres": { "direct.saturation.cpuUs": 620 } };
  const slow = (figures: Record<string, number>) => {
    const one = run(1, figures);
    return { ...one, figures: { ...one.figures, ...twice } };
  };
  expect(brokenBudgets(slow({ [key]: bar * 1.9 }), [])).toEqual([]);
  const [broken] = brokenBudgets(slow({ [key]: bar * 2.2 }), [slow({ [key]: bar })]);
  expect(broken!.line).toContain(`<= ${bar * 2}.0 [${bar}.0]`);
  const few = { "rooms.saturation.perSecond": budgets["rooms.saturation.perSecond"].min * 0.51 };
  expect(brokenBudgets(slow(few), [])).toEqual([]);
  expect(brokenBudgets(run(1, few), [])).toHaveLength(1);
  const bytes = { "wire.binary.deliveryBytes": budgets["wire.binary.deliveryBytes"].max * 1.1 };
  expect(brokenBudgets(slow(bytes), [])).toHaveLength(1);
});

test("runs of another machine are not beside this one's", () => {
  const other = { ...run(0, { [key]: 1 }), machine: { cpu: "another", cores: 64, memoryGiB: 1, kernel: "" } };
  expect(brokenBudgets(run(1, { [key]: bar + 1 }), [other])[0]!.before).toEqual([]);
});

test("the history has a line for each figure, with its range and whether its budget is kept", () => {
  const view = historyView(
    [12, 14, bar + 5].map((value, day) => run(day, { [key]: value })),
    "banyan",
  );
  expect(view).toContain("3 full runs");
  const line = view.split("\n").find((it) => it.includes("acknowledged, half of saturation, p99"))!;
  expect(line).toMatch(/[▁▂▃▄▅▆▇█]{3}/);
  expect(line).toContain(`12.0 - ${bar + 5}`);
  expect(line).toEndWith("BROKEN");
});

test("./banyan bench --history shows the house's own runs, and refuses a server that it does not know", async () => {
  const shown = await runBanyan(["bench", "--history"]);
  expect(shown.code).toBe(0);
  expect(shown.out).toContain("CPU per message, saturated");
  const refused = await runBanyan(["bench", "--history", "--targets", "nobody"]);
  expect(refused.code).toBe(2);
  expect(refused.err).toContain('"nobody" is none of banyan');
});

test("the page says where a peer is better and where none is; limits are no peers", () => {
  const figures = {
    banyan: {
      "direct.saturation.perSecond": 10_000,
      "direct.saturation.cpuUs": 80,
      "direct.half.ackP50Ms": 7,
    },
    ejabberd: {
      "direct.saturation.perSecond": 1_000,
      "direct.saturation.cpuUs": 700,
      "direct.half.ackP50Ms": 2,
    },
    prosody: {
      "direct.saturation.perSecond": 500,
      "direct.saturation.cpuUs": 1_500,
      "direct.half.ackP50Ms": 9,
    },
    "c-epoll": {
      "direct.saturation.perSecond": 90_000,
      "direct.saturation.cpuUs": 9,
      "direct.half.ackP50Ms": 1,
    },
  };
  const runs = [{ ...run(0, {}), figures }];
  const text = benchmarksPage(runs, []);
  const where = text.slice(text.indexOf("## Where a peer is better"), text.indexOf("## What each promises"));
  expect(where).toContain("acknowledged, half: p50: 2 ms against 7 ms");
  expect(where).toContain("**Prosody**: in none of the figures above.");
  expect(where).not.toContain("epoll");
  expect(text).toContain("| Banyan | **10,000/s** | **80.0 us** | 7 ms |");
  const svg = pictureOf(pictures[0]!, runs)!;
  expect(svg.indexOf("Banyan")).toBeLessThan(svg.indexOf("ejabberd"));
  expect(svg.indexOf("Prosody")).toBeLessThan(svg.indexOf("epoll"));
});

test("the page compares servers on the machine where most were measured, and nothing with another machine's", () => {
  const sent = (name: string, cpuUs: number) => ({ [name]: { "direct.saturation.perSecond": 1e6 / cpuUs } });
  const slow = { cpu: "this", cores: 2, memoryGiB: 8, kernel: "another" };
  const runs = [
    { ...run(0, {}), figures: { ...sent("banyan", 100), ...sent("prosody", 1_000) } },
    { ...run(1, {}), figures: sent("banyan", 200), machine: slow },
  ] as Run[];
  expect(benchmarksPage(runs, [])).toContain("| Banyan | **10,000/s** |");
  const both = { ...run(2, {}), figures: sent("prosody", 2_000), machine: slow } as Run;
  expect(benchmarksPage([...runs, both], [])).toContain("| Banyan | **5,000/s** |");
});

function run(day: number, figures: Record<string, number>): Run {
  return {
    at: `2026-01-0${day + 1}T00:00:00.000Z`,
    command: "./banyan bench",
    isQuick: false,
    seed: 1,
    commit: "0",
    machine: { cpu: "this", cores: 2, memoryGiB: 8, kernel: "" },
    versions: {},
    serverCores: "0",
    driverCore: "1",
    seconds: 1,
    figures: { banyan: figures },
    bars: {},
    warnings: [],
  };
}
