// Does a workload to a running server for some seconds and measures what the model predicts. Open loop: what is due
// leaves at its time, whatever comes back.

import { assert } from "#base/assert.ts";
import { toBase64Url } from "#base/base64url.ts";
import { gather } from "#bench/driver/crowd.ts";
import { banyanBinary } from "#bench/driver/dialect-banyan.ts";
import { cpuUsByPart, machineBusyUs, memoryByPart } from "#bench/driver/process-tree.ts";
import { seededNumbers } from "#bench/driver/seeded.ts";
import { clientFrame, dial, type Link, opcode, traffic } from "#bench/driver/web-socket.ts";
import { journeyUsers, type World } from "#bench/seeding/world.ts";
import type { RunningTarget } from "#bench/targets/target.ts";
import { codecs } from "#protocol/codecs.ts";
import type { Look } from "./storage.ts";
import { type Stream, sendsOf, type Workload } from "./workload.ts";

const codec = codecs["banyan.v1.msgpack"];
const warmSeconds = 2;
const pageMessages = 50;
/** Users who sit in rooms come first, those of pairs after them. */
const roomMembers = 100;
const firstPair = 250;
/** Of a request and its answer, beside the body: about. */
const headBytes = 600;

export interface Measured {
  readonly workload: Workload;
  readonly seconds: number;
  readonly cpuUsPerSecond: Readonly<Record<string, number>>;
  readonly memoryKiB: number;
  readonly wireBytesPerSecond: number;
  readonly walBytesPerSecond: number;
  /** What the tables of messages hold at the end. */
  readonly storedBytes: number;
  readonly storedMessages: number;
  readonly storedTextBytes: number;
  readonly acked: number;
  readonly othersShare: number;
}

export interface Scene {
  readonly server: RunningTarget;
  readonly world: World;
  readonly look: () => Promise<Look>;
  readonly seed: number;
  readonly seconds: number;
  /** Messages that were stored when the server started. */
  readonly storedAtStart: number;
  /** Whether what is not done in time spoils the run; not so where it only fills the tables. */
  readonly mustKeepUp: boolean;
}

export async function runWorkload(scene: Scene, workload: Workload): Promise<Measured> {
  const { server, world } = scene;
  const parts = server.parts ?? { server: server.pids };
  const ports = server.ports ?? [server.port];
  const next = seededNumbers(scene.seed);
  const dialect = banyanBinary(scene.seed);
  const people = peopleOf(workload);
  let acked = 0;
  const refused: Record<string, number> = {};
  const ear = {
    acked: () => {
      acked++;
    },
    refused: (_: Link, __: number | null, code: string) => {
      refused[code] = (refused[code] ?? 0) + 1;
    },
    delivered() {},
    saw() {},
  };
  const seats = people.map((user) => ({ token: world.token(user), places: [] }));
  const crowd = await gather({ port: ports[0]!, ports, dialect, seats, ear });
  const linkOf = new Map(people.map((user, at) => [user, crowd.links[at]!]));
  const timers = [
    ...workload.streams.map((stream) => startStream(scene, workload, stream, linkOf, next)),
    every(workload.opensPerSecond, () => open(scene, ports, next)),
    every(workload.reconnectsPerSecond, () => comeAndGo(scene, ports, next)),
  ];
  try {
    await Bun.sleep(warmSeconds * 1000);
    const before = await counters(parts, scene, acked);
    await Bun.sleep(scene.seconds * 1000);
    const after = await counters(parts, scene, acked);
    const seconds = (after.at - before.at) / 1000;
    const wanted = sendsOf(workload) * seconds;
    assert(
      !scene.mustKeepUp || after.acked - before.acked >= wanted * 0.9,
      `only ${after.acked - before.acked} of ${Math.round(wanted)} sends were done ${JSON.stringify(refused)}`,
    );
    const perSecond = (key: "wire" | "wal") => (after[key] - before[key]) / seconds;
    const cpu = Object.entries(after.us).map(
      ([part, us]) => [part, (us - before.us[part]!) / seconds] as const,
    );
    const server = cpu.reduce((sum, [, us]) => sum + us, 0);
    return {
      workload: { ...workload, storedBefore: after.look.messages - scene.storedAtStart },
      seconds,
      cpuUsPerSecond: Object.fromEntries(cpu),
      memoryKiB: Object.values(memoryByPart(parts)).reduce((sum, kiB) => sum + kiB, 0),
      wireBytesPerSecond: perSecond("wire"),
      walBytesPerSecond: perSecond("wal"),
      storedBytes: after.look.storedBytes,
      storedMessages: after.look.messages,
      storedTextBytes: after.text,
      acked: after.acked - before.acked,
      othersShare: Math.max(
        0,
        ((after.busyUs - before.busyUs) / seconds - server - (after.ownUs - before.ownUs) / seconds) / 1e6,
      ),
    };
  } finally {
    for (const stop of timers) stop();
    crowd.close();
  }
}

/** Those who are in streams, then the crowd up to the number of sessions. */
function peopleOf({ streams, sessions }: Workload): number[] {
  const active = new Set(streams.flatMap((stream) => groupsOf(stream).flatMap(({ members }) => members)));
  assert(active.size <= sessions, "more people are in conversations than are logged in");
  const idle = Array.from({ length: sessions - active.size }, (_, n) => journeyUsers + n);
  return [...active, ...idle];
}

function groupsOf({ online, groups }: Stream): { kind: "pair" | "room"; no: number; members: number[] }[] {
  return Array.from({ length: groups }, (_, n) => {
    if (online === 2)
      return { kind: "pair", no: firstPair + n, members: [2 * (firstPair + n), 2 * (firstPair + n) + 1] };
    return { kind: "room", no: n, members: Array.from({ length: online }, (_, i) => n * roomMembers + i) };
  });
}

const nameOf = (seed: number, op: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(op, 0);
  bytes.writeUInt32BE(seed >>> 0, 4);
  return toBase64Url(bytes);
};
let op = 0;
/** Of all texts sent so far. */
export let textBytesSent = 0;

function startStream(
  { world, seed }: Scene,
  { messageBytes }: Workload,
  stream: Stream,
  linkOf: ReadonlyMap<number, Link>,
  next: () => number,
): () => void {
  const groups = groupsOf(stream);
  const letters = Array.from({ length: messageBytes + 64 }, () =>
    String.fromCharCode(97 + Math.floor(next() * 26)),
  ).join("");
  let turn = 0;
  return every(stream.sendsPerSecond, () => {
    const { kind, no, members } = groups[turn % groups.length]!;
    const sender = members[Math.floor(turn / groups.length) % members.length]!;
    turn++;
    op++;
    textBytesSent += messageBytes;
    const conversation = kind === "pair" ? world.pair(no) : world.room(no);
    const text = letters.slice(op % 64, (op % 64) + messageBytes);
    const frame = codec.encodeClient({ kind: "send", id: op, conversation, name: nameOf(seed, op), text });
    linkOf.get(sender)!.write(clientFrame(opcode.binary, frame as Uint8Array));
  });
}

/** So often in a second, evenly; catches up where the timer was late. */
function every(perSecond: number, act: () => void): () => void {
  if (perSecond === 0) return () => {};
  let dueAt = performance.now();
  const timer = setInterval(() => {
    for (const now = performance.now(); dueAt <= now; dueAt += 1000 / perSecond) act();
  }, 1);
  return () => clearInterval(timer);
}

let httpBytes = 0;

function open({ world }: Scene, ports: readonly number[], next: () => number): void {
  const pair = firstPair + Math.floor(next() * 200);
  const base = `http://127.0.0.1:${ports[0]}/v1/conversations/${world.pair(pair)}`;
  // Named, because fetch does not ask for compression where it is not to unpack.
  const headers = {
    authorization: `Bearer ${world.token(2 * pair)}`,
    "accept-encoding": "gzip, deflate, br, zstd",
  };
  const get = async (path: string) => {
    // As it comes over the wire: compressed.
    const answer = await fetch(base + path, { headers, decompress: false });
    httpBytes += (await answer.arrayBuffer()).byteLength + headBytes;
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}`);
  };
  void get("")
    .then(() => get(`/messages?limit=${pageMessages}`))
    .catch((error: Error) => console.error(`  ! ${error.message}`));
}

/** Somebody of the crowd connects, is told where all conversations stand, and is gone again. */
function comeAndGo({ world, seed }: Scene, ports: readonly number[], next: () => number): void {
  const dialect = banyanBinary(seed);
  const user = journeyUsers + Math.floor(next() * 2_000);
  const seat = { token: world.token(user), places: [] };
  const ear = { live: (link: Link) => link.cut(), acked() {}, refused() {}, delivered() {}, saw() {} };
  const port = ports[Math.floor(next() * ports.length)]!;
  dial(
    { host: "127.0.0.9", port, path: dialect.path(seat), subprotocol: dialect.subprotocol },
    {
      opened: (link: Link) => dialect.opened(link, seat),
      message: (link: Link, bytes: Buffer, from: number, to: number) =>
        dialect.received(link, bytes, from, to, ear),
      closed() {},
    },
  );
}

async function counters(parts: Readonly<Record<string, readonly number[]>>, scene: Scene, acked: number) {
  const own = process.cpuUsage();
  const look = await scene.look();
  return {
    at: performance.now(),
    us: cpuUsByPart(parts),
    busyUs: machineBusyUs(),
    ownUs: own.user + own.system,
    wire: traffic.bytesIn + traffic.bytesOut + httpBytes,
    wal: look.walBytes,
    look,
    text: textBytesSent,
    acked,
  };
}
