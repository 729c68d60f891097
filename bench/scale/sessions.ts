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
import { appendPoint, type Stamp } from "./record.ts";
import { listConversations, seedPeople } from "./seed-people.ts";

/** Of a gateway's descriptors, for what is no session: files, PostgreSQL, NATS, Redis, the probe. */
const otherDescriptors = 1_000;
const emojiPerMessageMax = 20;

export interface SessionsWish {
  readonly points: readonly number[];
  readonly gatewaySessionsMax: number;
  /** As if there were so many gateways, of which the others are not started; 0: as many as there are. */
  readonly asIfGateways: number;
  /** Of the five that each person is in, how many a session follows. */
  readonly conversationsEach: number;
  readonly heartbeatMs: number;
  readonly loginWithinMs: number;
  readonly calmSeconds: number;
  readonly idleSeconds: number;
  readonly smol: boolean;
  readonly seed: number;
  readonly folder: string;
  readonly seedOnly: boolean;
  readonly stamp: Stamp;
}

export interface SessionsPoint {
  readonly kind: "sessions";
  readonly wanted: number;
  readonly live: number;
  /** Why fewer are live than were wanted; null: none is lacking. */
  readonly wall: string | null;
  readonly gateways: number;
  readonly conversationsEach: number;
  readonly asIfGateways: number;
  readonly heartbeatMs: number;
  readonly smol: boolean;
  readonly loginSeconds: number;
  readonly loginCpuUsPerSession: Readonly<Record<string, number>>;
  readonly told: Told;
  /** KiB for each live session, beyond what the same processes take without any. */
  readonly kiBPerSession: Readonly<Record<string, number>>;
  /** KiB for each, everything that was started counted. */
  readonly wholeKiBPerSession: number;
  readonly memory: { readonly before: MemoryBook; readonly empty: MemoryBook; readonly full: MemoryBook };
  readonly idleCpuMsPerSessionHour: Readonly<Record<string, number>>;
  /** Of one core, all server parts together, and the generator. */
  readonly idleCores: { readonly server: number; readonly generator: number; readonly machine: number };
  readonly idleBytesPerSessionHour: number;
  readonly probe: ProbeResult | null;
}

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
    for (const sessions of wish.points) {
      const point = await measure(foundation, frames, sessions, wish);
      appendPoint("sessions", wish.stamp, point);
      say(summary(point));
      if (point.wall) return 1;
    }
    return 0;
  } finally {
    await foundation.stop();
  }
}

function gatewaysFor(sessions: number, { gatewaySessionsMax }: SessionsWish): number {
  return Math.ceil(sessions / Math.min(gatewaySessionsMax, descriptorsMax() - otherDescriptors));
}

function peopleFor(sessions: number, wish: SessionsWish): number {
  const gateways = gatewaysFor(sessions, wish);
  return Math.ceil(sessions / gateways) * Math.max(gateways, wish.asIfGateways);
}

async function measure(
  foundation: Foundation,
  frames: string,
  sessions: number,
  wish: SessionsWish,
): Promise<SessionsPoint> {
  const gateways = gatewaysFor(sessions, wish);
  say(`${sessions.toLocaleString("en")} sessions: starting ${gateways} gateways`);
  const before = memoryNow(foundation.pids, []);
  let roles: Roles | null = null;
  let holders: Holders | null = null;
  try {
    roles = await startRoles(foundation, { gateways, smol: wish.smol });
    const pids = { ...foundation.pids, ...roles.pids };
    await Bun.sleep(5_000);
    const empty = memoryNow(pids, []);
    const cpuBefore = cpuUsByPart(pids);
    const startedAt = performance.now();
    holders = startHolders({
      frames,
      ports: roles.ports,
      sessions,
      stride: Math.max(gateways, wish.asIfGateways),
      heartbeatMs: wish.heartbeatMs,
      dialing: Math.max(4, Math.ceil(400 / gateways)),
      cwd: join(foundation.path, "data"),
    });
    const wall = await untilLive(holders, sessions, wish.loginWithinMs);
    const loginSeconds = (performance.now() - startedAt) / 1000;
    const loginUs = difference(cpuBefore, cpuUsByPart(pids));
    const told = holders.told();
    say(`${told.live} live after ${loginSeconds.toFixed(1)} s${wall ? `: ${wall}` : ""}`);
    const per = Math.max(1, told.live);
    await calm(wish.calmSeconds);
    const full = memoryNow(pids, holders.pids);
    const share = between(empty, full);
    const idle = await watchIdle(pids, holders, wish.idleSeconds);
    const isAlive = availableBytes() > availableBytesMin;
    const probed = isAlive
      ? await probe({
          ports: roles.ports,
          pids,
          idleUsPerSecond: idle.usPerSecond,
          seed: wish.seed + sessions,
        }).catch((error: Error) => {
          say(`the probe failed: ${error.message}`);
          return null;
        })
      : null;
    return {
      kind: "sessions",
      wanted: sessions,
      live: told.live,
      wall,
      gateways,
      conversationsEach: wish.conversationsEach,
      asIfGateways: wish.asIfGateways,
      heartbeatMs: wish.heartbeatMs,
      smol: wish.smol,
      loginSeconds,
      loginCpuUsPerSession: each(loginUs, (us) => us / per),
      told: holders.told(),
      kiBPerSession: {
        server: share.serverKiB / per,
        postgres: share.postgresKiB / per,
        generator: share.generatorKiB / per,
        kernel: share.kernelKiB / per,
        machine: share.machineKiB / per,
        ...each(full.partsKiB, (kiB, part) => (kiB - (empty.partsKiB[part] ?? 0)) / per),
      },
      wholeKiBPerSession: (before.availableKiB - full.availableKiB) / per,
      memory: { before, empty, full },
      idleCpuMsPerSessionHour: each(idle.usPerSecond, (us) => (us * 3.6) / per),
      idleCores: idle.cores,
      idleBytesPerSessionHour: (idle.bytesPerSecond * 3600) / per,
      probe: probed,
    };
  } finally {
    await holders?.quit();
    await roles?.kill();
  }
}

/** Null: all are live. Else why not. */
async function untilLive(holders: Holders, sessions: number, withinMs: number): Promise<string | null> {
  const deadline = performance.now() + withinMs;
  let told = 0;
  for (;;) {
    await Bun.sleep(250);
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

function summary(point: SessionsPoint): string {
  const { server, kernel, generator, postgres } = point.kiBPerSession;
  const kiB = (value?: number) => (value ?? 0).toFixed(2);
  return (
    `${point.live} live: ${kiB(server)} KiB server, ${kiB(postgres)} postgres, ${kiB(kernel)} kernel (both ends), ` +
    `${kiB(generator)} generator, ${kiB(point.wholeKiBPerSession)} with everything; ` +
    `idle ${point.idleCores.server.toFixed(2)} cores; 1:1 ${point.probe?.directCpuUs.toFixed(0)} us, p99 ${point.probe?.directAckP99Ms.toFixed(0)} ms`
  );
}

function say(line: string): void {
  console.error(`  ${new Date().toISOString().slice(11, 19)} ${line}`);
}
