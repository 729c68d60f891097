// ./banyan load report and compare: the verdict of a run stands first, nothing is asked of a network, and two runs
// differ only where chance cannot explain it.

import { afterAll, beforeAll, expect, spyOn, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { compare } from "#bench/load/report/compare.ts";
import { phasesFelt } from "#bench/load/report/hurt.ts";
import { report } from "#bench/load/report/report.ts";
import { type SampleWish, sampleRun } from "./sample-run.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "banyan-report-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("a clean run says how many were lost of how many, and needs nothing but itself", async () => {
  const { code, page } = await reported({ seconds: 60, seed: 11 });
  expect(code).toBe(0);
  const { audit } = sampleRun({ seconds: 60, seed: 11 });
  expect(page).toContain(`Lost 0 of ${audit.acknowledged.toLocaleString("en")}`);
  expect(page).toContain('class="verdict clean"');
  expect(page).toContain("The server's own delivery audit: lost 0 of 4,120.");
  expect(page).toContain("gateway killed");
  expect(page).toContain("./banyan load --profile disaster --people 15000 --seconds 60 --seed 11");
  expect(page).not.toMatch(/<(script|link|img|iframe)[^>]*(src|href)="(?!data:)/);
  expect(page).not.toMatch(/@import|url\((?!["']?data:)/);
});

test("each fault says after how long all was as before; what nobody felt says so", async () => {
  const run = sampleRun({ seconds: 100, seed: 21 });
  const fault = run.phases.find(({ name }) => name.startsWith("fault"))!;
  const [felt] = phasesFelt(run).filter(({ wholeAfterMs }) => wholeAfterMs !== undefined);
  // Three seconds are hurt; the sample's reconnects after it hurt nobody.
  expect(felt!.wholeAfterMs).toBe(3_000);
  expect(felt!.onlineMin).toBe(14_400);
  const calm = { ...fault, fromMs: 30_000, toMs: 31_000, name: "fault: nothing" };
  expect(phasesFelt({ ...run, phases: [calm] })[0]!.wholeAfterMs).toBe(0);
  const last = { ...run, series: run.series.slice(0, 61) };
  expect(phasesFelt(last).find(({ phase }) => phase === fault)!.wholeAfterMs).toBeNull();
  const { page } = await reported({ seconds: 100, seed: 21 });
  expect(/gateway killed after 3\ss/.test(page)).toBe(true);
  expect(page).toContain("open: connection reset");
});

test("a lost message makes the verdict red and says which", async () => {
  const { page } = await reported({ seconds: 60, seed: 12, lost: 3 });
  expect(page).toContain('class="verdict broken"');
  expect(page).toContain("Lost 3 of");
  expect(page).toContain("conversation 17: message 4 was acknowledged and is not in the log");
});

test("a saturated generator voids the run, and why is told", async () => {
  const { page } = await reported({ seconds: 60, seed: 13, saturated: true });
  expect(page).toContain('class="verdict void"');
  expect(page).toContain("arrivals left up to 310 ms late");
});

test("what a run names is text in the page, whatever it holds", async () => {
  const run = sampleRun({ seconds: 60, seed: 14 });
  const bad = "</script><script>alert(1)</script>";
  const phases = run.phases.map((phase) => ({ ...phase, name: `fault: ${bad}`, note: bad }));
  const path = written("hostile", { ...run, phases, command: bad, errors: { [bad]: 1 }, warnings: [bad] });
  await quietly(() => report([path]));
  expect(readFileSync(path.replace(".json", ".html"), "utf8")).not.toContain("<script>alert(1)");
});

test("a file that is no run is refused with words", async () => {
  const path = written("other", { format: "something else" });
  const { code, said } = await quietly(() => report([path]));
  expect(code).toBe(2);
  expect(said).toContain("is not a run of ./banyan load");
});

test("a run beside itself shows no difference", async () => {
  const path = written("same", sampleRun({ seconds: 120, seed: 15 }));
  const { code, said } = await quietly(() => compare([path, path]));
  expect(code).toBe(0);
  expect(said).toContain("No difference beyond noise");
  expect(said).not.toMatch(/worse|better|differs/i);
});

test("two runs of the same server with other seeds show no difference but the seed", async () => {
  const [a, b] = [16, 17].map((seed) => written(`seed-${seed}`, sampleRun({ seconds: 240, seed })));
  const { said } = await quietly(() => compare([a!, b!]));
  expect(said).toContain("No difference beyond noise");
  expect(said).toContain("! the seed differs: 16 and 17");
});

test("a slower server is named worse where it is, and only there; the same files give the same answer", async () => {
  const a = written("usual", sampleRun({ seconds: 120, seed: 18 }));
  const b = written("slow", sampleRun({ seconds: 120, seed: 19, slower: 1.25 }));
  const first = await quietly(() => compare([a, b]));
  const again = await quietly(() => compare([a, b]));
  expect(again.said).toBe(first.said);
  const lineOf = (name: string) => first.said.split("\n").find((line) => line.startsWith(name)) ?? "";
  for (const name of ["acknowledged, p99", "delivered, median", "server CPU a message"])
    expect(lineOf(name)).toEndWith("WORSE");
  for (const name of ["sends offered", "server memory", "live sessions"])
    expect(lineOf(name)).toEndWith("no difference beyond noise");
  const { said } = await quietly(() => compare([b, a]));
  expect(said).not.toContain("WORSE");
  expect(said).toContain("better");
  expect(readFileSync(join(folder, "usual-and-slow.html"), "utf8")).toContain("What moved");
});

function written(name: string, run: object): string {
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify(run));
  return path;
}

async function reported(wish: SampleWish): Promise<{ code: number; page: string }> {
  const path = written(`run-${wish.seed}`, sampleRun(wish));
  const { code } = await quietly(() => report([path]));
  return { code, page: readFileSync(path.replace(".json", ".html"), "utf8") };
}

async function quietly(run: () => Promise<number>): Promise<{ code: number; said: string }> {
  const spies = [spyOn(console, "log"), spyOn(console, "error")].map((spy) =>
    spy.mockImplementation(() => {}),
  );
  const code = await run();
  const said = spies.flatMap((spy) => spy.mock.calls.map((words) => words.join(" "))).join("\n");
  for (const spy of spies) spy.mockRestore();
  return { code, said };
}
