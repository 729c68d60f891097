// A conversation with a million messages: opening it, and paging anywhere in it. "Server side" is the message
// log's port with PostgreSQL behind it, as the services call it; "HTTP" is what a client waits for.

import type { MemberNo, Seq } from "#base/ids.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { seededNumbers } from "#bench/driver/seeded.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { openLog } from "#bench/seeding/seed.ts";
import { journeyUsers, worldOf } from "#bench/seeding/world.ts";
import { worldSeed } from "#bench/targets/banyan.ts";
import type { PageFrom } from "#ports/message-log.ts";

const pageMessages = 50;
const openings = 300;
const pages = 1000;
const reader = 1 as MemberNo;

export const longHistoryJourney: Journey = {
  name: "history",
  title: "a conversation with a million messages",
  targets: ["banyan"],
  async run(scene) {
    const server = await scene.start();
    return { ...(await serverSide(scene)), ...(await overHttp(scene, server.port)) };
  },
};

async function serverSide(scene: Scene): Promise<Figures> {
  const { log, close } = await openLog(scene.folder);
  const conversation = worldOf(worldSeed).longHistory();
  const read = async (from: PageFrom) => {
    const page = await log.page(conversation, from, pageMessages, reader);
    if (!page || page.messages.length === 0)
      throw new Error("a page of the long conversation came back empty");
  };
  try {
    return {
      ...(await timed("history.open", openings, () => read("head"))),
      ...(await timed("history.page", pages, somewhere(scene, read))),
    };
  } finally {
    await close();
  }
}

async function overHttp(scene: Scene, port: number): Promise<Figures> {
  const world = worldOf(worldSeed);
  const base = `http://127.0.0.1:${port}/v1/conversations/${world.longHistory()}`;
  const headers = { authorization: `Bearer ${world.token(journeyUsers)}` };
  const get = async (path: string) => {
    const answer = await fetch(base + path, { headers });
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}`);
  };
  const open = async () => {
    await get("");
    await get(`/messages?limit=${pageMessages}`);
  };
  const page = (from: Exclude<PageFrom, "head">) => {
    const [side, seq] = Object.entries(from)[0]!;
    return get(`/messages?${side}=${seq}&limit=${pageMessages}`);
  };
  return {
    ...(await timed("history.httpOpen", openings, open)),
    ...(await timed("history.httpPage", pages, somewhere(scene, page))),
  };
}

/** Before, after and around numbers drawn from the whole conversation. */
function somewhere(scene: Scene, read: (from: Exclude<PageFrom, "head">) => Promise<void>) {
  const next = seededNumbers(scene.seed);
  const last = scene.sizes.longHistoryMessages;
  return (i: number) => {
    const seq = (2 + Math.floor(next() * (last - 2))) as Seq;
    return read([{ before: seq }, { after: seq }, { around: seq }][i % 3] as Exclude<PageFrom, "head">);
  };
}

async function timed(name: string, count: number, once: (i: number) => Promise<void>): Promise<Figures> {
  for (let i = 0; i < 30; i++) await once(i);
  const times = new Histogram();
  for (let i = 0; i < count; i++) {
    const startedAt = performance.now();
    await once(i);
    times.recordMs(performance.now() - startedAt);
  }
  const { p50Ms, p99Ms } = times.percentiles();
  return { [`${name}P50Ms`]: p50Ms, [`${name}P99Ms`]: p99Ms };
}
