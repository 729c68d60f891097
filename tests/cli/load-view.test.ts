// The panel of a load run: a terminal of 80 columns shows the whole verdict, live, and which role is busy.

import { expect, test } from "bun:test";
import { panelRows, type Seen } from "#bench/load/view.ts";
import { sampleRun } from "./sample-run.ts";

function seen(lost: number): Seen {
  const { series, audit, refused, errors } = sampleRun({ seconds: 60, seed: 31, lost });
  return {
    title: "work on http://127.0.0.1:7226: 15,000 people",
    phase: "steady",
    atMs: 60_000,
    lengthMs: 120_000,
    series,
    audit,
    refused,
    failed: errors,
    saturated: null,
  };
}

const rowOf = (rows: readonly string[], name: string) =>
  rows.find((row) => row.trim().startsWith(name)) ?? "";

test("the verdict names every kind of fault of how many, on a terminal of 80 columns", () => {
  const rows = panelRows(seen(0), false);
  expect(rowOf(rows, "audit")).toMatch(/lost 0, doubled 0, out of order 0, unread wrong 0 of [\d,]+$/);
  expect(rowOf(rows, "audit").length).toBeLessThan(80);
  expect(rowOf(rows, "shown")).toMatch(/shown [\d,]+ times on 20,000 sessions; healed 212 gaps, 37 breaks/);
  expect(rowOf(panelRows(seen(3), false), "audit")).toContain("BROKEN: lost 3,");
});

test("the server's busiest roles, refusals and failures are told", () => {
  const rows = panelRows(seen(0), false);
  expect(rowOf(rows, "server")).toMatch(/of a core, \d+ MiB, gateway \d+ %, messaging \d+ %/);
  expect(rowOf(rows, "refused")).toContain("3,580 x overloaded");
  expect(rowOf(rows, "failed")).toContain("5,600 x connection closed: 1006");
});
