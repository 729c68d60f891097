// The independent checker passes what a log does and refuses what it does not: each way in which delivery could be
// wrong is put into a sound history. It is written in Go, which the parts of a cluster need as well.

import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildChecker, check } from "#bench/checker/check.ts";
import type { HistoryEvent } from "#bench/load/history.ts";
import { removeTemporary, temporaryFolder } from "#tests/serve-process.ts";
import { type Made, madeHistory } from "./made-history.ts";

const folder = temporaryFolder();
afterAll(() => removeTemporary(folder));

let program: ReturnType<typeof buildChecker> | null = null;

type Spoil = (made: Made) => HistoryEvent[];
const isShown = (it: HistoryEvent, seq: number, device?: number) =>
  it.op === "shown" && it.seq === seq && (device === undefined || it.device === device);
const renamed = (it: HistoryEvent, names: Record<string, string>): HistoryEvent =>
  it.name !== undefined && it.op !== "send" && names[it.name] ? { ...it, name: names[it.name]! } : it;

/** Two messages of which the later was sent after the earlier was acknowledged. */
function apart({ events }: Made): [HistoryEvent, HistoryEvent] {
  for (const first of events.filter(({ op, seq = 0 }) => op === "acked" && seq > 10)) {
    const later = events.find(({ op, atUs }) => op === "send" && atUs > first.atUs);
    const acked = events.find(({ op, name }) => op === "acked" && name === later?.name);
    if (acked) return [first, acked];
  }
  throw new Error("no two sends are apart");
}

const spoiled: readonly [what: string, spoil: Spoil, says: RegExp][] = [
  [
    "a message that one device is not shown",
    ({ events }) => events.filter((it) => !isShown(it, 30, 2)),
    /31 is shown after 29/,
  ],
  [
    "a message that is shown twice",
    ({ events }) => events.flatMap((it) => (isShown(it, 30, 1) ? [it, { ...it, atUs: it.atUs + 1 }] : [it])),
    /30 is shown twice/,
  ],
  [
    "two messages in another order on one device",
    ({ events }) =>
      events.map((it) => {
        if (isShown(it, 30, 1)) return { ...it, seq: 31 };
        return isShown(it, 31, 1) ? { ...it, seq: 30 } : it;
      }),
    /30 is shown after 31/,
  ],
  [
    "two devices that were told different messages under one number",
    ({ events }) =>
      events.map((it) =>
        it.op === "shown" && it.device === 1 ? renamed(it, { m30: "m31", m31: "m30" }) : it,
      ),
    /number 3[01] is.*Porcupine/s,
  ],
  [
    "an acknowledged message that is lost before its commit: its number is another's",
    ({ events }) =>
      events
        .filter((it) => !isShown(it, 30))
        .map((it) => (it.seq !== undefined && it.seq > 30 ? { ...it, seq: it.seq - 1 } : it)),
    /number 30 is.*Porcupine/s,
  ],
  [
    "a message that is stored twice",
    ({ events }) =>
      events
        .map((it) => (it.seq !== undefined && it.seq >= 40 ? { ...it, seq: it.seq + 1 } : it))
        .flatMap((it) =>
          isShown(it, 41)
            ? [
                { ...it, seq: 40, name: "m12" },
                { ...it, atUs: it.atUs + 0.5 },
              ]
            : [it],
        )
        .map((it) => ({ ...it, atUs: Math.round(it.atUs * 2) })),
    /Porcupine.*m12 is shown as 12 and as 40/s,
  ],
  [
    "a send that got a lower number than one that was acknowledged before it began",
    (made) => {
      const [a, b] = apart(made);
      const seqs: Record<string, number> = { [a.name!]: b.seq!, [b.name!]: a.seq! };
      const swapped = { [a.name!]: b.name!, [b.name!]: a.name! };
      // Everybody agrees on the wrong order: only time tells.
      return made.events.map((it) => {
        if (it.op === "acked" && seqs[it.name!]) return { ...it, seq: seqs[it.name!]! };
        return it.op === "shown" ? renamed(it, swapped) : it;
      });
    },
    /Porcupine/,
  ],
  [
    "a message that is shown before anybody has sent it",
    ({ events }) => {
      const last = events.filter(({ op, name }) => op === "send" && name === "m50")[0]!;
      return events.map((it) => (it === last ? { ...it, atUs: events.at(-1)!.atUs + 5_000 } : it));
    },
    /Porcupine/,
  ],
  [
    "a number that is nobody's",
    ({ events }) =>
      events.map((it) => (it.seq !== undefined && it.seq > 55 ? { ...it, seq: it.seq + 9 } : it)),
    /is nobody's/,
  ],
  [
    "a message that was refused for good, and is there",
    ({ events }) =>
      events.flatMap((it) =>
        it.op === "acked" && it.name === "m20"
          ? [{ ...it, op: "refused" as const, code: "not_allowed" }]
          : [it],
      ),
    /m20 was refused for good, and stands under 20/,
  ],
];

describe("the checker", () => {
  test("passes a hundred sound histories", async () => {
    const events = Array.from({ length: 100 }, (_, i) => madeHistory(i + 1)).flatMap(({ events }) => events);
    const { code, out } = await judged("sound", events);
    expect(out).toContain("0 broken, 0 undecided, 100 as a numbered log behaves");
    expect(code).toBe(0);
  }, 120_000);

  test.each(spoiled)("refuses %s", async (what, spoil, says) => {
    for (const seed of [3, 11, 47]) {
      const events = spoil(madeHistory(seed)).sort((a, b) => a.atUs - b.atUs);
      const { code, out } = await judged(what.replaceAll(/\W+/g, "-"), events);
      expect(out).toMatch(says);
      expect(code).toBe(1);
      if (out.includes("Porcupine"))
        expect(readdirSync(folder).some((file) => file === `violation-c${seed}.html`)).toBe(true);
    }
  });

  test("looks at a hot conversation in parts, and still finds what is wrong between two of them", async () => {
    const made = madeHistory(5, 30, 1_000);
    const { code, out } = await judged("hot", made.events);
    expect(out).toContain("1 as a numbered log behaves");
    expect(code).toBe(0);
    // Everybody agrees that the last message stands early in the log; only time tells.
    const moved = (it: HistoryEvent): HistoryEvent => {
      if (it.seq === undefined || it.seq < 20) return it;
      return { ...it, seq: it.name === "m1000" ? 20 : it.seq + 1 };
    };
    const spoiled = made.events.map(moved).filter(({ op, name }) => op !== "shown" || name !== "m1000");
    const refused = await judged("hot-moved", spoiled);
    expect(refused.out).toMatch(/number 20 was sent [\d.]+ ms after \d+ was there/);
    expect(refused.code).toBe(1);
  }, 60_000);

  test("says what is wrong with a file that is no history", async () => {
    const file = join(folder, "none.ndjson");
    writeFileSync(file, '{"atUs":1}\n');
    for (const path of [file, join(folder, "missing.ndjson")]) expect(await check([path])).toBe(2);
    expect(existsSync(file)).toBe(true);
  });
});

async function judged(name: string, events: readonly HistoryEvent[]) {
  program ??= buildChecker();
  if (typeof program !== "string") throw new Error(program.problem);
  const file = join(folder, `${name}.ndjson`);
  writeFileSync(file, `${events.map((event) => JSON.stringify(event)).join("\n")}\n`);
  const child = Bun.spawn([program, file], { stdout: "pipe", stderr: "pipe" });
  const out = await new Response(child.stdout).text();
  return { code: await child.exited, out: out + (await new Response(child.stderr).text()) };
}
