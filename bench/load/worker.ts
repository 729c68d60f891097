// One process of the generator: its people, their timetable, its share of the audit. Takes its job as a file, is told
// over stdin when to begin and to end, and tells over stdout what happened, once a second.

import { readFileSync } from "node:fs";
import { traffic } from "#bench/driver/web-socket.ts";
import { Acts } from "./acts.ts";
import { trustAnybody } from "./api-client.ts";
import type { AuditPart, FromWorker, Job, ToWorker } from "./job.ts";
import { linesOf } from "./lines.ts";
import { checkLogs } from "./log-check.ts";
import { Presence } from "./presence.ts";
import type { ActionName } from "./profile.ts";
import { streamsOf } from "./streams.ts";
import { Timetable } from "./timetable.ts";
import { Town } from "./town.ts";

const usPerTick = 10_000;
const settleWithinMs = 40_000;
const rollCallPerSecond = 500;
const tellRoundsMax = 20;

const job = JSON.parse(readFileSync(process.argv[2]!, "utf8")) as Job;
if (job.isInsecure) trustAnybody();
const town = new Town(job);
const presence = new Presence(town, job.profile);
const acts = new Acts(town, job);
const timetable = new Timetable(streamsOf(job), job.seed * 31 + job.worker);
let ticking: Timer | null = null;
let lastTold = { cpuMs: 0, atMs: 0 };
let toldSeconds = 0;
let nextStormMs = Number.POSITIVE_INFINITY;

// A Ctrl-C at the terminal reaches every process; what it means, the first one says.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => {});

say({ say: "ready" });
for await (const line of linesOf(Bun.stdin.stream())) {
  const asked = JSON.parse(line) as ToWorker;
  if (asked.do === "start") start(asked.atEpochMs);
  else if (asked.do === "stop") await stop();
  else if (asked.do === "settle") await settle(asked.lastSeqs);
  else await check(asked);
}
// Whoever started us is done, or gone.
town.close();
process.exit(0);

function start(atEpochMs: number): void {
  town.startMs = atEpochMs - performance.timeOrigin;
  const { storm, timeScale } = job.profile;
  if (storm) nextStormMs = job.rampMs + (storm.everySeconds * 1000) / Math.sqrt(timeScale);
  ticking = setInterval(tick, 1);
  setTimeout(tellSeconds, Math.max(0, town.startMs - performance.now()));
}

function tellSeconds(): void {
  lastTold = { cpuMs: threadCpuMs(), atMs: performance.now() };
  tellDueSeconds();
}

/** By the run's clock: a process that was held up tells what it missed, so that a second is the same one everywhere. */
function tellDueSeconds(): void {
  const due = Math.floor((performance.now() - town.startMs) / 1000);
  const cpuShare = due > toldSeconds ? cpuShareSince() : 0;
  for (; toldSeconds < due; toldSeconds++) tellSecond(cpuShare);
  setTimeout(tellDueSeconds, Math.max(1, town.startMs + (toldSeconds + 1) * 1000 - performance.now()));
}

/** Since the last time that it was asked. */
function cpuShareSince(): number {
  const now = { cpuMs: threadCpuMs(), atMs: performance.now() };
  const share = (now.cpuMs - lastTold.cpuMs) / Math.max(1, now.atMs - lastTold.atMs);
  lastTold = now;
  return share;
}

function tellSecond(cpuShare: number): void {
  const { bytesIn, bytesOut } = traffic;
  say({ say: "second", told: town.notes.take(), cpuShare, audit: auditPart(), bytesIn, bytesOut });
}

function tick(): void {
  const now = performance.now();
  const atMs = now - town.startMs;
  if (atMs < 0) return;
  presence.ramp(job.rampMs > 0 ? atMs / job.rampMs : 1, town.startMs, job.rampMs);
  presence.unflap(now);
  timetable.due(atMs, (name, dueMs) => {
    town.notes.late.recordMs(atMs - dueMs);
    arrives(name, town.startMs + dueMs);
  });
  if (atMs >= nextStormMs) storm();
}

function arrives(name: string, dueMs: number): void {
  if (name === "churn") return presence.churn(dueMs);
  if (name === "flap") return presence.flap(dueMs, job.profile.timeScale);
  const isSend = name === "send" || name === "reply" || name === "hot" || name === "file";
  if (isSend) town.notes.offered++;
  const person = name === "join" || name === "hot" ? presence.pickEvenly() : presence.pick();
  if (person) acts.do(name as ActionName, person, dueMs);
}

/** Everybody who is there looks, or types, in the same moment. */
function storm(): void {
  const { share, everySeconds } = job.profile.storm!;
  nextStormMs += (everySeconds * 1000) / Math.sqrt(job.profile.timeScale);
  const now = performance.now();
  for (const person of presence.everybody(share)) {
    acts.do("look", person, now);
    acts.do("typing", person, now);
  }
}

/** No more arrivals; what is under way is answered, or given up. */
async function stop(): Promise<void> {
  if (ticking) clearInterval(ticking);
  ticking = null;
  presence.unflap(performance.now(), true);
  const here = town.devices.filter(({ state }) => state !== "away");
  await until(() => here.every(({ unanswered }) => unanswered === 0), 20_000);
  let unknown = 0;
  for (const device of town.devices)
    for (const { op, standing } of device.giveUp()) {
      unknown++;
      town.history?.unknown(device, standing, op);
    }
  const lastSeqs: Record<string, number> = {};
  for (const room of town.rooms) if (room.acked.length > 0) lastSeqs[room.id] = room.lastSeq;
  say({ say: "stopped", lastSeqs, unknown });
}

/** Heartbeats, so that everybody learns of what got lost without a trace; then nothing may be missing. */
async function settle(lastSeqs: Readonly<Record<string, number>>): Promise<void> {
  for (const [id, seq] of Object.entries(lastSeqs)) {
    const room = town.roomOf(id);
    room.lastSeq = Math.max(room.lastSeq, seq);
  }
  const here = town.devices.filter(({ state }) => state !== "away");
  await until(() => here.every(({ isLive }) => isLive), settleWithinMs);
  const isBehind = (device: (typeof here)[number]) =>
    device.hasQuestions ||
    [...device.positions.values()].some((it) => it.isBehind || it.seq < it.standing.room.lastSeq);
  const deadline = performance.now() + settleWithinMs;
  let behind = here.filter(({ isLive }) => isLive);
  for (let round = 0; behind.length > 0 && performance.now() < deadline; round++) {
    const now = performance.now();
    for (const device of behind) device.heartbeat(now, true);
    await until(() => !behind.some(isBehind), round === 0 ? 1_500 : 3_000);
    behind = behind.filter(isBehind);
  }
  // Whoever has asked and waits for the answer has missed nothing yet: the server is slow, and the run says so.
  for (const device of behind.filter(({ hasQuestions }) => !hasQuestions))
    for (const { seq, standing } of device.positions.values()) {
      const missing = standing.room.lastSeq - seq;
      if (missing > 0)
        town.ledger.fault(
          "lost",
          missing,
          `person ${device.person} was shown ${standing.room.id} up to seq ${seq} of ${standing.room.lastSeq}`,
        );
    }
  const absent = here.filter(({ isLive, hasQuestions }) => !isLive || hasQuestions).length;
  say({ say: "settled", absent });
}

async function check(asked: Extract<ToWorker, { do: "check" }>): Promise<void> {
  town.isStill = asked.isStill;
  await rollCall(asked.rollCallMax);
  const readers = new Map<string, string>();
  for (const person of town.people)
    for (const room of person.standings.keys())
      if (!readers.has(room.id)) readers.set(room.id, person.tokens[0]!);
  const { messages, unchecked } = await checkLogs(
    town.rooms,
    {
      api: job.api,
      worker: job.worker,
      runTag: job.runTag,
      sinceUs: (performance.timeOrigin + town.startMs) * 1000 - 1,
      ledger: town.ledger,
      tokenFor: ({ id }) => readers.get(id),
    },
    asked.messagesMax,
  );
  town.history?.close();
  // What came since the last whole one.
  tellSecond(cpuShareSince());
  say({ say: "checked", audit: auditPart(), logMessages: messages, unchecked });
}

/** Sessions come anew, and each `welcome` says where everything stands, unread counts included. */
async function rollCall(devicesMax: number): Promise<void> {
  const live = town.devices.filter(({ isLive }) => isLive);
  const every = Math.max(1, Math.ceil(live.length / Math.max(1, devicesMax)));
  const called = live.filter((_, i) => i % every === 0);
  // A cursor may have been refused, or lost: it is told until the server repeats it.
  const isUntold = ({ standings }: (typeof live)[number]) =>
    [...standings.values()].some((it) => it.confirmedReadSeq < it.readSeq);
  let untold = called.filter(isUntold);
  for (let round = 0; untold.length > 0 && round < tellRoundsMax; round++) {
    for (const device of untold) for (const standing of device.standings.values()) device.tellRead(standing);
    await until(() => !untold.some(isUntold), 1_000);
    untold = untold.filter(isUntold);
  }
  town.isRollCall = true;
  for (const [i, device] of called.entries()) {
    device.leaves();
    device.comes(performance.now());
    if (i % 50 === 49) await Bun.sleep(50_000 / rollCallPerSecond);
  }
  await until(() => called.every(({ isLive }) => isLive), 30_000);
  town.isRollCall = false;
}

function auditPart(): AuditPart {
  const sessions = town.devices.reduce((sum, { positions }) => sum + (positions.size > 0 ? 1 : 0), 0);
  return { ...town.ledger.counts, sessions, examples: town.ledger.examples };
}

/** What this thread has worked: the collector's and the compiler's threads are not what holds a timetable up. */
function threadCpuMs(): number {
  try {
    const line = readFileSync(`/proc/self/task/${process.pid}/stat`, "latin1");
    const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * usPerTick) / 1000;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000;
  }
}

async function until(isSo: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const askedAt = performance.now();
    if (isSo() || askedAt > deadline) return;
    // To look at all of many devices takes a while; it must not be all that is done.
    await Bun.sleep(Math.max(20, 4 * (performance.now() - askedAt)));
  }
}

function say(message: FromWorker): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}
