// ./banyan migrate: a living installation moves from its own database to a cluster's, or back, while people chat.
// The pause between the last write on the old side and the first on the new one is seconds, and printed.

import type { Command } from "commander";
import { slotsOf } from "#adapters/postgres/copying/publication.ts";
import { progressOf, resubscribe } from "#adapters/postgres/copying/subscription.ts";
import type { Config } from "#app/config.ts";
import { askControl } from "#app/control.ts";
import { StartProblem } from "#app/start-problem.ts";
import { addConfigFlags, configOf } from "#ops/config-flags.ts";
import { check } from "#ops/migrate/check.ts";
import { beginCopy, endCopy, follow, learnSizes } from "#ops/migrate/copy.ts";
import { cutOver } from "#ops/migrate/cut-over.ts";
import { meet, type Parties } from "#ops/migrate/parties.ts";
import { forgetState, type MoveState, readState, saveState } from "#ops/migrate/state.ts";
import { Verifier } from "#ops/migrate/verify.ts";
import { moveFor } from "#ops/migrate/wishes.ts";

interface Given {
  readonly to?: string;
  readonly back?: boolean;
  readonly checkOnly?: boolean;
  readonly copyOnly?: boolean;
  readonly adminUrlFile?: string;
  readonly cutOffOthers?: boolean;
  readonly targetIsGone?: boolean;
  readonly bridge: string;
  readonly bridgeSeenAs?: string;
}

export function define(command: Command): void {
  addConfigFlags(command, ["dataDir"]);
  command
    .argument("[what]", "status, resume (a move that was broken off) or abort (give it up)")
    .option(
      "--to <file>",
      "Move to the cluster that this JSON file names (options as in banyan.config.json).",
    )
    .option("--back", "Move from the cluster back into this data directory.")
    .option("--admin-url-file <file>", "With --back: holds the URL by which the cluster may be copied from.")
    .option("--check-only", "Say what would hinder the move, and change nothing.")
    .option("--copy-only", "Copy, follow and compare, but do not cut over: `resume` does.")
    .option("--cut-off-others", "Do not mind other processes of Banyan on the old database.")
    .option("--target-is-gone", "With abort: the new database will not come back to be cleaned.")
    .option("--bridge <address:port>", "Where the copy is fetched from, on this machine.", "127.0.0.1:0")
    .option("--bridge-seen-as <address:port>", "The same place as the cluster's PostgreSQL reaches it.")
    .action((what: string | undefined) => run(configOf(command), what, command.opts() as Given));
}

async function run(config: Config, what: string | undefined, given: Given): Promise<void> {
  const { dataDir } = config;
  if (what === "status") return status(dataDir);
  if (what === "abort") return abort(dataDir, given);
  if (what === "resume") return resume(dataDir, given);
  if (what !== undefined || (given.to === undefined) === (given.back === undefined))
    throw new StartProblem("What to do is not clear.", "Give --to <file>, --back, status, resume or abort.");
  return begin(dataDir, given);
}

async function begin(dataDir: string, given: Given): Promise<void> {
  const server = await askControl(dataDir, "state");
  const state = moveFor(dataDir, given, server);
  if (state.direction === "back") await askControl(dataDir, "openEmbedded", { anew: true });
  const parties = await meet(dataDir, state);
  try {
    await checked(dataDir, state, parties);
    if (given.checkOnly) return say("nothing hinders the move");
    saveState(dataDir, state);
    const verifier = await beginCopy(dataDir, state, parties)
      .then(() => copied(parties))
      .catch(async (error) => {
        await giveUp(dataDir, state, parties, false);
        throw error;
      });
    if (given.copyOnly) return say("copied and compared; ./banyan migrate resume cuts over");
    await move(dataDir, state, parties, verifier, given);
  } finally {
    await parties.close();
    if (state.direction === "back" && !isUnderWay(dataDir))
      await askControl(dataDir, "dropEmbedded").catch(() => {});
  }
}

async function checked(dataDir: string, state: MoveState, parties: Parties): Promise<void> {
  const { problems, notes } = await check(dataDir, state, parties);
  for (const note of notes) say(note);
  if (problems.length > 0) throw new StartProblem(problems.join("\n"), "Nothing was changed.");
}

/** Copied, followed, and compared up to the last moments. */
async function copied(parties: Parties): Promise<Verifier> {
  await follow(parties, say);
  await learnSizes(parties);
  const verifier = new Verifier(parties);
  await compareLive(verifier);
  return verifier;
}

async function move(
  dataDir: string,
  state: MoveState,
  parties: Parties,
  verifier: Verifier,
  given: Given,
): Promise<void> {
  const cutOffOthers = given.cutOffOthers ?? false;
  const pause = await cutOver({ dataDir, state, parties, verifier, cutOffOthers }).catch((error) => {
    say("the server serves on the old side; ./banyan migrate resume tries again, abort gives up");
    throw error;
  });
  for (const [step, ms] of pause) say(`  ${String(ms).padStart(6)} ms  ${step}`);
  say(`moved; the pause was ${pause.reduce((sum, [, ms]) => sum + ms, 0)} ms`);
  await finish(dataDir, state, parties);
}

const roundsMax = 3;

async function compareLive(verifier: Verifier): Promise<void> {
  for (let round = 1; round <= roundsMax; round++) {
    const began = performance.now();
    const { conversations, unequal } = await verifier.round();
    const tookMs = performance.now() - began;
    say(`compared ${conversations} conversations in ${tookMs.toFixed(0)} ms; ${unequal} changed meanwhile`);
    if (tookMs < 500) break;
  }
  say(`the last comparison, in the pause, will take about ${(await verifier.rehearse()).toFixed(0)} ms`);
}

/** After the server came back on the new side. */
async function finish(dataDir: string, state: MoveState, parties: Parties): Promise<void> {
  const problems = await endCopy(dataDir, state, parties, { empty: false });
  const problem = problems.source ?? problems.target;
  if (problem)
    throw new StartProblem(`Not all of the copy is taken away: ${problem}.`, "Run ./banyan migrate resume.");
  saveState(dataDir, { ...state, phase: "done", bridge: null, earlier: null });
  if (state.direction === "to") await askControl(dataDir, "closeEmbedded");
  say(
    state.direction === "to"
      ? "the old database stays in the data directory, fenced; delete postgres/ when you no longer want it"
      : "the cluster's database stays as it was, fenced",
  );
}

async function resume(dataDir: string, given: Given): Promise<void> {
  const state = readState(dataDir);
  if (!state || !isUnderWay(dataDir)) throw nothingUnderWay();
  await askControl(dataDir, "openEmbedded");
  const parties = await meet(dataDir, state);
  try {
    if (state.phase === "moved") return await finish(dataDir, state, parties);
    await askControl(dataDir, "resume").catch(() => {}); // a pause that its asker left is ended first
    await resubscribe(parties.target, parties.connection);
    await move(dataDir, { ...state, phase: "copying" }, parties, await copied(parties), given);
  } finally {
    await parties.close();
  }
}

async function abort(dataDir: string, given: Given): Promise<void> {
  const state = readState(dataDir);
  if (!state || !isUnderWay(dataDir)) throw nothingUnderWay();
  await askControl(dataDir, "openEmbedded");
  const parties = await meet(dataDir, { ...state, phase: "done" });
  try {
    if (state.phase === "moved") {
      say("the server is on the new side already; only what is left of the copy is taken away");
      return await finish(dataDir, state, parties);
    }
    await askControl(dataDir, "resume").catch(() => {});
    await giveUp(dataDir, state, parties, given.targetIsGone ?? false);
  } finally {
    await parties.close();
  }
}

/** Both sides as they were. Where the new database cannot be reached, the old one is cleaned all the same. */
async function giveUp(
  dataDir: string,
  state: MoveState,
  parties: Parties,
  targetIsGone: boolean,
): Promise<void> {
  const problems = await endCopy(dataDir, state, parties, { empty: true });
  if (state.direction === "to") await askControl(dataDir, "closeEmbedded");
  if (problems.target && !targetIsGone) {
    process.exitCode = 1;
    say(`the old database is clean, the new one was not reached (${problems.target})`);
    return say("run ./banyan migrate abort when it is back, or abort --target-is-gone when it will not be");
  }
  if (problems.source) throw new Error(`the old database could not be cleaned: ${problems.source}`);
  if (state.direction === "back") await askControl(dataDir, "dropEmbedded");
  if (state.earlier) saveState(dataDir, state.earlier);
  else forgetState(dataDir);
  say("given up; the server goes on where it was");
}

function isUnderWay(dataDir: string): boolean {
  const state = readState(dataDir);
  return state !== null && state.phase !== "done";
}

async function status(dataDir: string): Promise<void> {
  const state = readState(dataDir);
  if (!state) return say("no move is under way");
  say(
    `${state.direction === "to" ? "to the cluster" : "back into one process"}: ${state.phase} since ${state.startedAt}`,
  );
  if (state.phase === "done") return;
  const parties = await meet(dataDir, { ...state, phase: "done" });
  const unreached = (error: unknown) => say(`a database was not reached: ${(error as Error).message}`);
  try {
    await tellCopied(parties).catch(unreached);
    await tellSlots(parties).catch(unreached);
  } finally {
    await parties.close();
  }
}

async function tellCopied({ target }: Parties): Promise<void> {
  const { tables, tablesReady } = await progressOf(target);
  say(`${tablesReady} of ${tables} tables are copied and followed`);
}

async function tellSlots({ source }: Parties): Promise<void> {
  for (const slot of await slotsOf(source)) say(`slot ${slot.slot_name}: ${slot.wal_status}`);
}

function nothingUnderWay(): StartProblem {
  return new StartProblem("No move is under way.", "Begin one with --to <file> or --back.");
}

function say(line: string): void {
  console.log(line);
}
