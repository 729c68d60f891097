// `./banyan bench scale sessions`: from a thousand live sessions to as many as the machine holds. Each point has
// processes of its own; a point that does not come to its number tells how far it came and why.

import { join } from "node:path";
import { openPostgres } from "#adapters/postgres/open.ts";
import { cpuUsByPart, machineBusyUs } from "#bench/driver/process-tree.ts";
import { type Foundation, type Roles, startFoundation, startRoles } from "./crowded-cluster.ts";
import { writeHelloFrames } from "./hello-frames.ts";
import { buildHolder, type Holders, startHolders, type Told } from "./holders.ts";
import { availableBytes, availableBytesMin, descriptorsMax, offerOurselvesFirst } from "./limits.ts";
import { between, type MemoryBook, memoryNow } from "./memory-book.ts";
import { type ProbeResult, probe } from "./probe.ts";
import { appendPoint } from "./record.ts";
import { listConversations, seedPeople } from "./seed-people.ts";
import { type SessionsPoint, type SessionsWish, summary } from "./session-point.ts";

/** Of a gateway's descriptors, for what is no session: files, PostgreSQL, NATS, Redis, the probe. */
const otherDescriptors = 1_000;
const emojiPerMessageMax = 20;
/** Connections on their way at a gateway that fills. */
const dialingMax = 200;

export async function scaleSessions(wish: SessionsWish): Promise<number> {
  offerOurselvesFirst();
  buildHolder();
  const foundation = await startFoundation(wish.folder);
  try {
    const people = Math.max(...wish.points.map((sessions) => peopleFor(sessions, wish)));
    await (await openPostgres({ url: foundation.postgresUrl, emojiPerMessageMax })).close();
    await seedPeople(foundation.sql, people, say);
    await listConversations(foundation.sql, wish.conversationsEach, say);
    const frames = join(wish.folder, "hello-frames");
    writeHelloFrames(frames, people);
    if (wish.seedOnly) return 0;
    for (const points of wish.ramp ? [wish.points] : wish.points.map((point) => [point]))
      if (!(await climb(foundation, frames, points, wish))) return 1;
    return 0;
  } finally {
    await foundation.stop();
  }
}

/** From one number to the next with the same processes; false: a wall was met. */
async function climb(
  foundation: Foundation,
  frames: string,
  points: readonly number[],
  wish: SessionsWish,
): Promise<boolean> {
  const stage = await openStage(foundation, frames, Math.max(...points), wish);
  try {
    for (const sessions of points) {
      const point = await measure(stage, sessions, wish);
      appendPoint("sessions", wish.stamp, point);
      say(summary(point));
      if (point.wall) return false;
    }
    return true;
  } finally {
    await stage.close();
  }
}

function gatewaysFor(sessions: number, { gatewaySessionsMax }: SessionsWish): number {
  return Math.ceil(sessions / Math.min(gatewaySessionsMax, descriptorsMax() - otherDescriptors));
}

function peopleFor(sessions: number, wish: SessionsWish): number {
  const gateways = gatewaysFor(sessions, wish);
  return Math.ceil(sessions / gateways) * Math.max(gateways, wish.asIfGateways);
}

/** Processes that are up, and what they took before anybody came. */
interface Stage {
  readonly gateways: number;
  readonly roles: Roles;
  readonly holders: Holders;
  readonly pids: Roles["pids"];
  readonly before: MemoryBook;
  readonly empty: MemoryBook;
  close(): Promise<void>;
}

async function openStage(
  foundation: Foundation,
  frames: string,
  sessions: number,
  wish: SessionsWish,
): Promise<Stage> {
  const gateways = gatewaysFor(sessions, wish);
  say(`${sessions.toLocaleString("en")} sessions: starting ${gateways} gateways`);
  const before = memoryNow(foundation.pids, []);
  const roles = await startRoles(foundation, { gateways, smol: wish.smol, heartbeatMs: wish.heartbeatMs });
  const pids = { ...foundation.pids, ...roles.pids };
  await Bun.sleep(5_000);
  const empty = memoryNow(pids, []);
  const holders = startHolders({
    frames,
    ports: roles.ports,
    sessions,
    stride: Math.max(gateways, wish.asIfGateways),
    heartbeatMs: wish.heartbeatMs,
    dialing: dialingMax,
    cwd: join(foundation.path, "data"),
  });
  return {
    gateways,
    roles,
    holders,
    pids,
    before,
    empty,
    async close() {
      await holders.quit();
      await roles.kill();
    },
  };
}

async function measure(stage: Stage, sessions: number, wish: SessionsWish): Promise<SessionsPoint> {
  const { holders, pids, before, empty } = stage;
  const liveBefore = holders.told().live;
  const cpuBefore = cpuUsByPart(pids);
  const startedAt = performance.now();
  holders.hold(sessions);
  const wall = await untilLive(holders, sessions, wish.loginWithinMs);
  const loginSeconds = (performance.now() - startedAt) / 1000;
  const loginUs = difference(cpuBefore, cpuUsByPart(pids));
  const { live } = holders.told();
  say(`${live} live after ${loginSeconds.toFixed(1)} s${wall ? `: ${wall}` : ""}`);
  await calm(wish.calmSeconds);
  const full = memoryNow(pids, holders.pids);
  const idle = await watchIdle(pids, holders, wish.idleSeconds);
  // The messages of a run before are still there: under the same names they would be known, and told to nobody.
  const probed = await probeBeside(stage, idle.usPerSecond, wish.seed + Date.now());
  const per = Math.max(1, live);
  const came = Math.max(1, live - liveBefore);
  return {
    kind: "sessions",
    wanted: sessions,
    live,
    wall,
    gateways: stage.gateways,
    conversationsEach: wish.conversationsEach,
    asIfGateways: wish.asIfGateways,
    heartbeatMs: wish.heartbeatMs,
    smol: wish.smol,
    came,
    loginSeconds,
    loginCpuUsPerSession: each(loginUs, (us) => us / came),
    told: holders.told(),
    kiBPerSession: perSession(empty, full, per),
    wholeKiBPerSession: (before.availableKiB - full.availableKiB) / per,
    memory: { before, empty, full },
    idleCpuMsPerSessionHour: each(idle.usPerSecond, (us) => (us * 3.6) / per),
    idleCores: idle.cores,
    idleBytesPerSessionHour: (idle.bytesPerSecond * 3600) / per,
    probe: probed,
  };
}

async function probeBeside(
  { roles, pids }: Stage,
  idleUsPerSecond: Readonly<Record<string, number>>,
  seed: number,
): Promise<ProbeResult | null> {
  if (availableBytes() < availableBytesMin) return null;
  return probe({ ports: roles.ports, pids, idleUsPerSecond, seed }).catch((error: Error) => {
    say(`the probe failed: ${error.message}`);
    return null;
  });
}

function perSession(empty: MemoryBook, full: MemoryBook, per: number): Record<string, number> {
  const share = between(empty, full);
  return {
    server: share.serverKiB / per,
    postgres: share.postgresKiB / per,
    generator: share.generatorKiB / per,
    kernel: share.kernelKiB / per,
    machine: share.machineKiB / per,
    ...each(full.partsKiB, (kiB, part) => (kiB - (empty.partsKiB[part] ?? 0)) / per),
  };
}

/** Null: all are live. Else why not. */
async function untilLive(holders: Holders, sessions: number, withinMs: number): Promise<string | null> {
  const deadline = performance.now() + withinMs;
  let told = 0;
  for (;;) {
    await Bun.sleep(250);
    holders.fill();
    const { live, refused, lost, failed } = holders.told();
    if (live >= sessions) return null;
    if (availableBytes() < availableBytesMin) return "memory: less than 1.5 GiB was left";
    if (performance.now() > deadline)
      return `time: ${live} were live (${refused} refused, ${lost} lost, ${failed} failed)`;
    if (++told % 40 === 0)
      say(
        `${live} live, ${refused} refused, ${lost} lost, ${failed} failed, ${Math.round(availableBytes() / 2 ** 20)} MiB left`,
      );
  }
}

/** The collectors of the runtimes look again some time after work has ended. */
async function calm(seconds: number): Promise<void> {
  for (let second = 0; second < seconds && availableBytes() > availableBytesMin; second++)
    await Bun.sleep(1000);
}

async function watchIdle(pids: Roles["pids"], holders: Holders, seconds: number) {
  const look = () => ({
    at: performance.now(),
    us: cpuUsByPart({ ...pids, generator: holders.pids }),
    busyUs: machineBusyUs(),
    told: holders.told(),
  });
  const before = look();
  await Bun.sleep(seconds * 1000);
  const after = look();
  const passed = (after.at - before.at) / 1000;
  const { generator = 0, ...usPerSecond } = each(difference(before.us, after.us), (us) => us / passed);
  const bytes = (told: Told) => told.bytesIn + told.bytesOut;
  const cores = (us: number) => us / 1_000_000;
  return {
    usPerSecond,
    bytesPerSecond: (bytes(after.told) - bytes(before.told)) / passed,
    cores: {
      server: cores(Object.values(usPerSecond).reduce((sum, us) => sum + us, 0)),
      generator: cores(generator),
      machine: cores((after.busyUs - before.busyUs) / passed),
    },
  };
}

function difference(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return each(after, (us, part) => us - (before[part] ?? 0));
}

function each(
  values: Readonly<Record<string, number>>,
  change: (value: number, key: string) => number,
): Record<string, number> {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [key, change(value, key)]));
}

function say(line: string): void {
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${line}`);
}
