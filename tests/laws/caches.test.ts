// Caches of the messaging service: what they answer is what the log answers, whoever writes, and losing them costs
// time only. Worlds from seeds, on simulated time; a failing seed is in the title of what failed.

import { expect, test } from "bun:test";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { bucketOf, type ConversationId, type MemberNo, type Rev, type Seq, type UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type { MessageLog, PageFrom } from "#ports/message-log.ts";
import type { Messaging } from "#ports/messaging.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import type { MessagingLimits } from "#services/messaging/limits.ts";
import { createMessaging, type MessagingService } from "#services/messaging/messaging.ts";
import { newConversationId, newName } from "#tests/contract/made-up.ts";
import { messagingLimits, signUp } from "#tests/contract/messaging-service.ts";
import { Dice } from "#tests/simulation/dice.ts";
import { Ether, type EtherTroubles } from "#tests/simulation/ether.ts";
import { type ProcessClock, SimulatedTime } from "#tests/simulation/time.ts";

const seeds = Number(process.env.BANYAN_CACHE_SEEDS ?? 150);
const checkEveryMs = 4_000;
const settleMs = 200;
const counted = ["page", "since", "newest", "recent"] as const;

/** A store, a bus, time, and services over them. */
class World {
  readonly dice: Dice;
  readonly time = new SimulatedTime();
  readonly store = new MemoryStore({ laneCount: 4, emojiPerMessageMax: 4 });
  readonly truth = openMemory(this.store);
  readonly troubles: EtherTroubles = { busFault: 0, busLoss: 0 };
  readonly ether: Ether;
  readonly services: MessagingService[] = [];
  reads = 0;

  constructor(
    seed: number,
    readonly limits: Partial<MessagingLimits> = {},
  ) {
    this.dice = new Dice(seed);
    this.ether = new Ether(this.dice, this.troubles);
  }

  start(delayMsMax: number): MessagingService {
    const clock = this.time.process();
    const delay = () => this.#passing(clock, this.dice.whole(0, delayMsMax));
    const ports = openMemory(this.store, delayMsMax === 0 ? {} : { delay });
    const service = createMessaging({
      log: this.#counting(ports.messageLog),
      store: ports.conversationStore,
      inbox: ports.inbox,
      people: ports.accounts,
      bus: this.ether.join(clock, (error) => expect(error).toBeNull()),
      encoder: changeEncoder,
      clock,
      newConversationId,
      homeRegion: "home",
      limits: { ...messagingLimits, recentMessagesMax: 6, checkEveryMs, settleMs, ...this.limits },
    });
    this.services.push(service);
    return service;
  }

  async settle(ms: number): Promise<void> {
    await this.time.run(this.time.now() - this.time.startedAt + ms);
  }

  #passing(clock: ProcessClock, ms: number): Promise<void> {
    return ms === 0 ? Promise.resolve() : new Promise((passed) => void clock.after(ms, passed));
  }

  #counting(log: MessageLog): MessageLog {
    const count = (name: (typeof counted)[number]) =>
      ((...args: unknown[]) => {
        this.reads++;
        return (log[name] as (...args: unknown[]) => unknown)(...args);
      }) as never;
    const reads = Object.fromEntries(counted.map((name) => [name, count(name)]));
    return { ...log, laneOf: (id) => log.laneOf(id), ...reads };
  }
}

interface Room {
  readonly id: ConversationId;
  readonly users: readonly UserId[];
}

async function openRoom(world: World, messaging: Messaging): Promise<Room> {
  const users = await signUp(world.truth, 4);
  const made = await messaging.create(users[0]!, "group", "Room", users.slice(1, 3));
  if (!made.ok) throw new Error(made.refusal.reason);
  const { id } = made.value;
  // Who is added later has a cursor already, as who comes back, or none yet, as while the inbox is behind.
  const row = { conversation: id, rev: 1 as Rev, active: true, joinedSeq: 0 as Seq };
  const rows = users
    .slice(0, world.dice.whole(3, 4))
    .map((user, i) => ({ ...row, user, member: (i + 1) as MemberNo }));
  await world.truth.inbox.apply(rows);
  return { id, users };
}

/** Something that changes the room, by chance. */
async function act(world: World, messaging: Messaging, { id, users }: Room): Promise<unknown> {
  const { dice } = world;
  const user = dice.one(users.slice(0, 3));
  const seq = dice.whole(1, 12) as Seq;
  const roll = dice.whole(1, 20);
  if (roll <= 9) {
    const text = `text ${dice.whole(1, 1e9)}`;
    return messaging.send({ user, conversation: id, name: newName(), text, again: false });
  }
  if (roll <= 11) return messaging.edit(user, id, seq, `edited ${dice.whole(1, 1e9)}`);
  if (roll <= 12) return messaging.remove(user, id, seq);
  if (roll <= 16) return messaging.react(user, id, seq, dice.one(["👍", "🌳"]), dice.happens(0.6));
  if (roll <= 17) return messaging.rename(users[0]!, id, `title ${dice.whole(1, 1e9)}`);
  if (roll <= 18) return messaging.addMembers(users[0]!, id, [users[3]!]);
  return messaging.removeMember(users[0]!, id, users[3]!);
}

function somewhere(dice: Dice): PageFrom {
  const seq = dice.whole(1, 14) as Seq;
  return dice.one<PageFrom>(["head", "head", { before: seq }, { after: seq }, { around: seq }]);
}

/** All that can be asked through the service is what the store says. */
async function agrees(world: World, messaging: Messaging, { id, users }: Room, where: string): Promise<void> {
  const { dice } = world;
  const { messageLog, conversationStore, inbox } = world.truth;
  const pairs = users.map((user) => ({ conversation: id, user }));
  const members = await conversationStore.memberships(pairs);
  for (let i = 0; i < users.length; i++) {
    const no = (members[i]?.member ?? 0) as MemberNo;
    const from = somewhere(dice);
    const count = dice.whole(1, 7);
    const rev = dice.whole(0, 20) as Rev;
    const seq = dice.whole(0, 14) as Seq;
    const page = await messaging.page(users[i]!, id, from, count);
    const since = await messaging.since(users[i]!, id, rev, seq, 100);
    const isIn = members[i]?.active === true;
    expect([where, page.ok, since.ok]).toEqual([where, isIn, isIn]);
    if (!page.ok || !since.ok) continue;
    expect([where, page.value]).toEqual([where, (await messageLog.page(id, from, count, no))!]);
    const known = { ...since.value, changes: since.value.changes.map(withoutName) };
    expect<unknown>([where, known]).toEqual([where, (await messageLog.since(id, rev, seq, no, 100))!]);
  }
  const [newest] = await messaging.newest([id]);
  const [stored = null] = await messageLog.newest([id]);
  expect<unknown>([where, newest]).toEqual([where, stored]);
  const reader = dice.whole(0, 2);
  const opened = await messaging.opened(users[reader]!, id);
  const [conversation] = await conversationStore.conversations([id]);
  const active = await conversationStore.members(id, 0, 100, false);
  const read = await inbox.cursors(
    id,
    active.map(({ user }) => user),
  );
  const waiting = await messaging.waitingCursors(users);
  const told = (user: UserId) =>
    waiting.find((one) => one.user === user && one.conversation === id)?.seq ?? 0;
  const seqOf = (cursor: { user: UserId; seq: Seq }) => Math.max(cursor.seq, told(cursor.user));
  const numberOf = new Map(active.map(({ user, member }) => [user, member]));
  expect<unknown>([where, opened]).toEqual([
    where,
    ok({
      conversation,
      me: members[reader],
      newest: stored,
      people: stored ? await conversationStore.membersByNumber(id, [stored.author]) : [],
      readSeq: seqOf(read.find(({ user }) => user === users[reader])!),
      cursors: read.map((cursor) => ({ member: numberOf.get(cursor.user), seq: seqOf(cursor) })),
    }),
  ]);
}

const withoutName = <C extends { kind: string }>(change: C): C =>
  change.kind === "member" ? { ...change, displayName: "" } : change;

async function chat(world: World, isRough: boolean, seed: number): Promise<void> {
  const first = world.start(0);
  const room = await openRoom(world, first);
  for (let turn = 0; turn < 40; turn++) {
    await act(world, first, room);
    if (isRough && world.dice.happens(0.2)) first.caches.dropAll();
    await agrees(world, first, room, `seed ${seed}, turn ${turn}`);
  }
}

test("[L1] whatever happens, the ring answers each reader as the log does, also just after it was lost", async () => {
  let hits = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new World(seed, { recentMessagesMax: seed % 2 ? 6 : 30 });
    await chat(world, seed % 3 === 0, seed);
    hits += world.services[0]!.caches.recent.stats().hits;
  }
  expect(hits).toBeGreaterThan(seeds * 100);
}, 60_000);

test("[L1] with every cache off all answers are the same", async () => {
  const off = { recentMessagesMax: 0, recentConversationsMax: 0, recentBytesMax: 0, conversationsMax: 0 };
  for (let seed = 1; seed <= seeds / 5; seed++) {
    const world = new World(seed, { ...off, membershipsMax: 0 });
    await chat(world, false, seed);
    const { caches } = world.services[0]!;
    expect([caches.facts.stats().entries, caches.recent.stats().entries]).toEqual([0, 0]);
  }
});

test("[L1] two services that write at once over a bus that loses, doubles and reorders agree with the store when it is calm", async () => {
  for (let seed = 1; seed <= seeds; seed++) await twoWriters(seed);
}, 120_000);

async function twoWriters(seed: number): Promise<void> {
  const world = new World(seed);
  const { dice, time, troubles } = world;
  const services = [world.start(3), world.start(3)] as const;
  const room = await pending(world, openRoom(world, services[0]));
  troubles.busFault = dice.one([0, 0.2, 0.5]);
  troubles.busLoss = dice.one([0, 0.1, 0.4]);
  const own = (which: number) => services[which]!.ownsBuckets(new Set([bucketOf(room.id)]));
  own(0);
  services[1].ownsBuckets(new Set());
  const endsAt = 12_000;
  for (let action = 0; action < 60; action++)
    time.after(dice.whole(0, endsAt), () => {
      const service = dice.happens(0.3) ? dice.one(services) : services[0];
      if (dice.happens(0.4)) void service.page(dice.one(room.users), room.id, somewhere(dice), 5);
      else void act(world, service, room);
    });
  // The bucket is handed over once or twice, and both believe for a while that it is theirs.
  for (const at of [dice.whole(2_000, 6_000), dice.whole(6_000, 11_000)])
    time.after(at, () => {
      const [from, to] = dice.happens(0.5) ? [0, 1] : [1, 0];
      own(to);
      time.after(dice.whole(0, 500), () => services[from]!.ownsBuckets(new Set()));
    });
  await world.settle(endsAt + 500);
  // What a loss that nobody noticed left behind, a round finds.
  await world.settle(2 * checkEveryMs + 500);
  for (const [which, service] of services.entries())
    await pending(world, agrees(world, service, room, `seed ${seed}, service ${which}`));
}

/** Time passes until `work` is done. */
async function pending<T>(world: World, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = () => {
    isDone = true;
  };
  work.then(done, done);
  await world.time.run(world.time.now() - world.time.startedAt + 3_600_000, () => isDone);
  return work;
}

test("[L1] a member who was removed elsewhere writes no more once the bus tells; where it lost that, one message more or none", async () => {
  for (const [busLoss, waitMs, more] of [
    [0, 6, false],
    [1, 0, true],
    [1, 2 * checkEveryMs, false],
  ] as const) {
    const world = new World(1);
    const [here, elsewhere] = [world.start(0), world.start(0)];
    const room = await openRoom(world, here);
    const [owner, member] = room.users as [UserId, UserId];
    here.ownsBuckets(new Set([bucketOf(room.id)]));
    await world.settle(settleMs + 1);
    const send = async () => {
      const wish = { conversation: room.id, name: newName(), text: "hello", again: false };
      const [sent] = await Promise.all([here.send({ user: member, ...wish }), world.settle(1)]);
      return sent.ok;
    };
    expect(await send()).toBe(true);
    expect(await send()).toBe(true);
    world.troubles.busLoss = busLoss;
    await elsewhere.removeMember(owner, room.id, member);
    await world.settle(waitMs);
    // What is accepted too late takes a number that shows that others wrote.
    expect(await send()).toBe(more);
    expect(await send()).toBe(false);
  }
});

test("[L1] a storm of opens asks the log once, and the next ones not at all", async () => {
  const world = new World(1);
  const writer = world.start(0);
  const room = await openRoom(world, writer);
  for (let turn = 0; turn < 30; turn++) await act(world, writer, room);
  const fresh = world.start(0);
  world.reads = 0;
  const open = () => fresh.page(room.users[0]!, room.id, "head", 5);
  const pages = await Promise.all(Array.from({ length: 500 }, open));
  expect(world.reads).toBe(1);
  for (const page of pages) expect(page).toEqual(pages[0]!);
  expect(await open()).toEqual(pages[0]!);
  expect(world.reads).toBe(1);
});

test("[L1] the memory of the ring is bounded, and what was used last is kept", async () => {
  const recentBytesMax = 8_000;
  const world = new World(1, { recentBytesMax });
  const service = world.start(0);
  const rooms: Room[] = [];
  for (let count = 0; count < 20; count++) {
    const room = await openRoom(world, service);
    rooms.push(room);
    for (let turn = 0; turn < 5; turn++) {
      const wish = { conversation: room.id, name: newName(), text: "x".repeat(100), again: false };
      await service.send({ user: room.users[0]!, ...wish });
    }
    expect(service.caches.recent.bytes).toBeLessThanOrEqual(recentBytesMax);
  }
  world.reads = 0;
  await service.newest([rooms.at(-1)!.id]);
  expect(world.reads).toBe(0);
  await service.newest([rooms[0]!.id]);
  expect(world.reads).toBe(1);
  service.caches.dropAll();
  expect(service.caches.recent.bytes).toBe(0);
});
