// What opening a conversation costs the server: both requests of it as a browser makes them, one open after the other,
// so that the CPU of the server's processes belongs to the open. Warm: opened lately. Other: opened lately, and another
// page of it is asked for than before. Steady: warm, with pauses in which a processor forgets. Once: all in one request.
// Cold: opened by nobody since the server started, and by people who did not ask for anything before.

import { createHash } from "node:crypto";
import { toBase64Url } from "#base/base64url.ts";
import type { ConversationId, MemberNo, MessageName } from "#base/ids.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { cpuPartsOf } from "#bench/driver/process-tree.ts";
import { seededNumbers } from "#bench/driver/seeded.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { openLog } from "#bench/seeding/seed.ts";
import { type World, worldOf } from "#bench/seeding/world.ts";
import { worldSeed } from "#bench/targets/banyan.ts";
import type { MessageLog } from "#ports/message-log.ts";

const pageMessages = 50;
const otherPages = 25;
const storedMessages = 60;
const messageBytes = 100;
const warmPairs = 100;
/** So many opens make the server's code hot, which takes longer than filling caches. */
const warmUpOpens = 6_000;
const steadyPerSecond = 50;

export const openCostJourney: Journey = {
  name: "open-cost",
  title: "what opening a conversation costs",
  targets: ["banyan"],
  isExtra: true,
  async run(scene) {
    const first = await scene.start();
    await fill(scene);
    await first.stop();
    const { port, pids } = await scene.start();
    const opens = new Opens(port, worldOf(worldSeed));
    const { isQuick, seconds, pairs } = scene.sizes;
    const warm = (i: number) => opens.open(i % warmPairs, i % 2);
    const once = (i: number) => opens.openAtOnce(i % warmPairs, i % 2);
    const other = (i: number) => opens.open(i % warmPairs, i % 2, pageMessages - (i % otherPages));
    await repeat(warmUpOpens, (i) => (i % 2 === 0 ? warm(i) : other(i)));
    const count = isQuick ? 1_000 : 4_000;
    return {
      ...(await costOf(pids, "opens.warm", count, warm)),
      "opens.wireBytes": await opens.bytesOf(() => repeat(warmPairs, warm)),
      ...(await costOf(pids, "opens.other", count, other)),
      ...(await costOf(pids, "opens.once", count, once)),
      ...(await steadyCost(pids, "opens.steady", 2 * seconds, warm)),
      ...(await steadyCost(pids, "opens.steadyOnce", 2 * seconds, once)),
      ...(await costOf(pids, "opens.cold", pairs - warmPairs, (i) => opens.open(warmPairs + i, 1))),
    };
  },
};

class Opens {
  #bytes = 0;
  readonly #port: number;
  readonly #world: World;

  constructor(port: number, world: World) {
    this.#port = port;
    this.#world = world;
  }

  async open(pair: number, side: number, messages = pageMessages): Promise<void> {
    const path = `/v1/conversations/${this.#world.pair(pair)}`;
    const token = this.#world.token(2 * pair + side);
    await this.#get(path, token);
    await this.#get(`${path}/messages?limit=${messages}`, token);
  }

  async openAtOnce(pair: number, side: number): Promise<void> {
    const path = `/v1/conversations/${this.#world.pair(pair)}?messages=${pageMessages}`;
    await this.#get(path, this.#world.token(2 * pair + side));
  }

  /** Bodies, of each of `warmPairs` opens. */
  async bytesOf(opens: () => Promise<void>): Promise<number> {
    const before = this.#bytes;
    await opens();
    return (this.#bytes - before) / warmPairs;
  }

  async #get(path: string, token: string): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.#port}${path}`, {
      // Named, because fetch does not ask for compression where it is not to unpack.
      headers: { authorization: `Bearer ${token}`, "accept-encoding": "gzip, deflate, br, zstd" },
      decompress: false,
    });
    this.#bytes += (await answer.arrayBuffer()).byteLength;
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}`);
  }
}

/** Beside the server, which hears nothing of it: it has none of this at hand. */
async function fill({ folder, sizes, seed }: Scene): Promise<void> {
  const { log, close } = await openLog(folder);
  const world = worldOf(worldSeed);
  const next = seededNumbers(seed);
  const text = () =>
    Array.from({ length: messageBytes }, () => String.fromCharCode(97 + Math.floor(next() * 26))).join("");
  try {
    for (let pair = 0; pair < sizes.pairs; pair++) await append(log, world.pair(pair), text);
  } finally {
    await close();
  }
}

async function append(log: MessageLog, conversation: ConversationId, text: () => string): Promise<void> {
  const at = Date.now();
  const sends = Array.from({ length: storedMessages }, (_, n) => ({
    conversation,
    author: (1 + (n % 2)) as MemberNo,
    name: nameOf(conversation, n),
    at: at + n,
    text: text(),
    again: false,
  }));
  await log.append(log.laneOf(conversation), sends);
}

/** As random as a client's. */
function nameOf(conversation: ConversationId, n: number): MessageName {
  const drawn = createHash("sha256").update(`${conversation} ${n}`).digest();
  return toBase64Url(drawn.subarray(0, 8)) as MessageName;
}

async function repeat(count: number, once: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < count; i++) await once(i);
}

async function costOf(
  pids: readonly number[],
  name: string,
  count: number,
  once: (i: number) => Promise<void>,
): Promise<Figures> {
  const times = new Histogram();
  const before = cpuPartsOf(pids);
  await repeat(count, async (i) => {
    const startedAt = performance.now();
    await once(i);
    times.recordMs(performance.now() - startedAt);
  });
  const after = cpuPartsOf(pids);
  const { p50Ms, p99Ms } = times.percentiles();
  return {
    [`${name}ServerUs`]: (after.serverUs - before.serverUs) / count,
    [`${name}PostgresUs`]: (after.postgresUs - before.postgresUs) / count,
    [`${name}P50Ms`]: p50Ms,
    [`${name}P99Ms`]: p99Ms,
  };
}

/** Without what the server does in the same time when nobody asks. */
async function steadyCost(
  pids: readonly number[],
  name: string,
  seconds: number,
  once: (i: number) => Promise<void>,
): Promise<Figures> {
  const idle = await costOf(pids, "idle", seconds, () => Bun.sleep(1000));
  let dueAt = performance.now();
  const pace = async (i: number) => {
    dueAt += 1000 / steadyPerSecond;
    const waitMs = dueAt - performance.now();
    if (waitMs > 0) await Bun.sleep(waitMs);
    await once(i);
  };
  const steady = await costOf(pids, "steady", seconds * steadyPerSecond, pace);
  return { [`${name}ServerUs`]: steady.steadyServerUs! - idle.idleServerUs! / steadyPerSecond };
}
