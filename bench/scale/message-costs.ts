// What single acts cost a server with many stored messages: each in conversations drawn from all of them, one after
// the other, so that the CPU of the server's processes belongs to the act. Caches help as little as they can.

import { inflateRawSync } from "node:zlib";
import { gather } from "#bench/driver/crowd.ts";
import { banyanBinary } from "#bench/driver/dialect-banyan.ts";
import { Histogram } from "#bench/driver/histogram.ts";
import { type Group, Load } from "#bench/driver/load.ts";
import { cpuPartsOf } from "#bench/driver/process-tree.ts";
import { seededNumbers } from "#bench/driver/seeded.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import { codecs } from "#protocol/codecs.ts";
import { protocolVersion, type ServerFrame } from "#protocol/frames.ts";
import { conversationOf, memberOf, tokenOf } from "./people.ts";
import { type GroupPlace, groupOf, messagesEach } from "./seed-messages.ts";

const pageMessages = 50;
const behind = 20;
const sendsPerSecond = 200;
/** Conversations that are measured, each once with each act; others are for the warming of code. */
const measuredConversations = 300;
const warmConversations = 100;
const sendSeconds = 8;
const codec = codecs["banyan.v1.msgpack"];

export interface ActCost {
  readonly cpuUs: number;
  readonly postgresCpuUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly acts: number;
}

export interface Costs {
  readonly send: ActCost;
  readonly open: ActCost;
  readonly page: ActCost;
  readonly resume: ActCost;
  /** Somebody looks for a person by name; points from before it was measured lack it. */
  readonly search?: ActCost;
}

export interface CostNeeds {
  readonly port: number;
  readonly pids: readonly number[];
  readonly conversations: number;
  readonly people: number;
  readonly seed: number;
}

export async function costsAt(needs: CostNeeds): Promise<Costs> {
  const drawn = draw(needs);
  const { port, people } = needs;
  return {
    open: await timed(needs.pids, drawn, (it) => open(port, it)),
    page: await timed(needs.pids, drawn, (it) => page(port, it)),
    resume: await timed(needs.pids, drawn, (it) => resume(port, it)),
    search: await timed(needs.pids, drawn, (it) => search(port, it, people)),
    send: await sends(needs, drawn),
  };
}

interface Drawn {
  readonly place: GroupPlace;
  readonly conversation: string;
  readonly token: string;
  readonly part: number;
}

/** Different conversations from all that there are; of each one of its members, and a place in it. */
function draw({ conversations, seed }: CostNeeds): Drawn[] {
  const next = seededNumbers(seed);
  const chosen = new Set<number>();
  const many = Math.min(conversations, measuredConversations + warmConversations);
  while (chosen.size < many) chosen.add(Math.floor(next() * conversations));
  return [...chosen].map((n) => {
    const place = groupOf(n);
    return {
      place,
      conversation: conversationOf(place.round, place.block, place.group),
      token: tokenOf(memberOf(place.round, place.block, place.group, Math.floor(next() * 10))),
      part: next(),
    };
  });
}

async function timed(
  pids: readonly number[],
  drawn: readonly Drawn[],
  once: (drawn: Drawn) => Promise<void>,
): Promise<ActCost> {
  for (const one of drawn.slice(measuredConversations)) await once(one);
  const measured = drawn.slice(0, measuredConversations);
  const times = new Histogram();
  const before = cpuPartsOf(pids);
  for (const one of measured) {
    const startedAt = performance.now();
    await once(one);
    times.recordMs(performance.now() - startedAt);
  }
  const after = cpuPartsOf(pids);
  const postgresUs = after.postgresUs - before.postgresUs;
  const { p50Ms, p99Ms } = times.percentiles();
  return {
    cpuUs: (after.serverUs - before.serverUs + postgresUs) / measured.length,
    postgresCpuUs: postgresUs / measured.length,
    p50Ms,
    p99Ms,
    acts: measured.length,
  };
}

async function open(port: number, drawn: Drawn): Promise<void> {
  await getConversation(port, drawn, "");
  await getConversation(port, drawn, `/messages?limit=${pageMessages}`);
}

function page(port: number, drawn: Drawn): Promise<void> {
  const seq = 2 + Math.floor(drawn.part * (messagesEach - 2));
  return getConversation(port, drawn, `/messages?before=${seq}&limit=${pageMessages}`);
}

/** For anybody of all people, by their handle. */
async function search(port: number, { token, part }: Drawn, people: number): Promise<void> {
  const wanted = `crowd-${Math.floor(part * people)}`;
  const answer = await get(port, token, `/users?q=${wanted}`);
  const { users } = JSON.parse(answer) as { users: { handle: string }[] };
  if (users[0]?.handle !== wanted) throw new Error(`${wanted} is not the first of ${users.length} found`);
}

async function getConversation(port: number, { conversation, token }: Drawn, path: string): Promise<void> {
  await get(port, token, `/conversations/${conversation}${path}`);
}

async function get(port: number, token: string, path: string): Promise<string> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`http://127.0.0.1:${port}/v1${path}`, { headers });
  const body = await answer.text();
  if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}`);
  return body;
}

/** A device comes back after a while: connects, says hello, and asks for what it lacks in one conversation. */
async function resume(port: number, drawn: Drawn): Promise<void> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}/v1/socket`, codec.subprotocol);
  socket.binaryType = "arraybuffer";
  const done = Promise.withResolvers<void>();
  const say = (frame: Parameters<typeof codec.encodeClient>[0]) => socket.send(codec.encodeClient(frame));
  socket.onopen = () => say({ kind: "hello", version: protocolVersion, token: drawn.token, agent: "bench" });
  socket.onerror = () => done.reject(new Error("the connection failed"));
  socket.onmessage = ({ data }) => {
    const frame = unpacked(new Uint8Array(data as ArrayBuffer));
    if (frame.kind === "welcome") {
      const head = frame.heads.find((it) => it.conversation === drawn.conversation);
      if (!head) return done.reject(new Error("the conversation is not in the welcome"));
      say({
        kind: "since",
        id: 1,
        conversation: drawn.conversation,
        rev: head.rev - behind,
        seq: head.lastSeq - behind,
      });
    } else if (frame.kind === "caughtUp") {
      if (frame.changes.length < behind) done.reject(new Error(`only ${frame.changes.length} changes came`));
      else done.resolve();
    } else if (frame.kind === "refused") done.reject(new Error(`refused: ${frame.code}`));
  };
  await done.promise.finally(() => socket.close());
}

function unpacked(bytes: Uint8Array): ServerFrame {
  const decoded = codec.decodeServer(bytes as never);
  if (!decoded.ok) throw new Error(`a frame does not decode: ${decoded.refusal}`);
  const frame = decoded.value;
  return frame.kind === "packed" ? unpacked(new Uint8Array(inflateRawSync(frame.deflated))) : frame;
}

/** Two members of each drawn conversation are there; the others are away. */
async function sends({ port, pids, seed }: CostNeeds, drawn: readonly Drawn[]): Promise<ActCost> {
  const dialect = banyanBinary(seed);
  const load = new Load(dialect, pids);
  const seatOf = new Map<number, number>();
  const seatAt = (person: number) => {
    if (!seatOf.has(person)) seatOf.set(person, seatOf.size);
    return seatOf.get(person)!;
  };
  const places = drawn.map(({ place: { round, block, group }, conversation }) => {
    const seats = [0, 1].map((slot) => seatAt(memberOf(round, block, group, slot)));
    return { place: conversation, seats };
  });
  const seats = [...seatOf.keys()].map((person) => ({ token: tokenOf(person), places: [] }));
  const crowd = await gather({ port, dialect, seats, ear: load.ear });
  try {
    for (const link of crowd.links) link.sampled = true;
    load.seat(
      places.map(({ place, seats: [one, two] }) => pair(place, crowd.links[one!]!, crowd.links[two!]!)),
    );
    const window = await load.openLoop(sendsPerSecond, 2, sendSeconds);
    return {
      cpuUs: window.serverCpuUs / window.acked,
      postgresCpuUs: window.postgresCpuUs / window.acked,
      p50Ms: window.ack.p50Ms,
      p99Ms: window.ack.p99Ms,
      acts: window.acked,
    };
  } finally {
    crowd.close();
  }
}

function pair(place: string, one: Link, two: Link): Group {
  const members = [one, two];
  return { place, members, senders: members, watcherOf: (sender) => (sender === one ? two : one) };
}
