// A small world from one seed: three people with four devices, a direct conversation and a group, one server at a
// time. For a while everything happens: people chat, networks fail, clients and servers crash. Then it is calm, and
// all must agree.

import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { type ConversationId, type Seq, type SessionId, type UserId, uuidV7 } from "#base/ids.ts";
import { hashSecret, makeToken } from "#core/accounts/token.ts";
import { directConversationId } from "#core/conversations/direct-id.ts";
import { subprotocols } from "#protocol/frames.ts";
import { limits as wire } from "#protocol/limits.ts";
import { createMemoryStore } from "#sdk/store-memory.ts";
import { agreement } from "./agreement.ts";
import { Device } from "./device.ts";
import { Dice } from "./dice.ts";
import { calm, Network } from "./network.ts";
import type { PlantInLog } from "./plants.ts";
import { SimulatedServer } from "./server.ts";
import { SimulatedTime } from "./time.ts";
import { TwoServices } from "./two-services.ts";

export interface Verdict {
  readonly seed: number;
  /** Empty: every invariant held. */
  readonly violations: readonly string[];
  readonly acknowledged: number;
  readonly events: number;
  /** Sessions that the server asked to come back. */
  readonly shed: number;
  /** Messages that sessions had to show, by their reports. */
  readonly audited: number;
}

export interface Options {
  readonly plant?: PlantInLog;
  readonly actions?: number;
  /** Whether two processes with a messaging service write; by default in every second world. */
  readonly isCluster?: boolean;
  /** The server asks two sessions to come back, again and again. */
  readonly shedEveryMs?: number;
  /** The server that runs then asks everybody to come back. */
  readonly leaveAtMs?: number;
}

const roughMs = 20_000;
const calmMs = 240_000;

export async function simulate(seed: number, options: Options = {}): Promise<Verdict> {
  const world = new World(seed, options);
  await world.setUp();
  await world.rough(options.actions ?? 40);
  await world.calmDown();
  return world.verdict();
}

class World {
  readonly dice: Dice;
  readonly time = new SimulatedTime();
  readonly store = new MemoryStore({ laneCount: 16, emojiPerMessageMax: wire.emojiPerMessageMax });
  readonly network: Network;
  readonly violations = new Set<string>();
  readonly devices: Device[] = [];
  readonly conversations: ConversationId[] = [];
  readonly troubles = { storeFault: 0, busFault: 0, busLoss: 0 };
  server: SimulatedServer | TwoServices | null = null;
  shed = 0;
  audited = 0;
  #texts = 0;

  constructor(
    readonly seed: number,
    readonly options: Options,
  ) {
    this.dice = new Dice(seed);
    this.network = new Network(this.time, this.dice);
  }

  violated = (what: string): void => void this.violations.add(what);

  async setUp(): Promise<void> {
    const ports = openMemory(this.store);
    const people = ["ann", "bob", "cam"].map((handle) => ({ handle, user: this.#id() as UserId }));
    for (const { handle, user } of people) {
      const account = {
        user,
        handle,
        displayName: handle,
        passwordHash: "",
        createdAt: this.time.now(),
        open: true,
      };
      await ports.accounts.create(account);
    }
    const [ann, bob, cam] = people as [(typeof people)[0], (typeof people)[0], (typeof people)[0]];
    await this.#converse(ports, directConversationId(ann.user, bob.user), "direct", [ann.user, bob.user]);
    await this.#converse(ports, this.#id() as ConversationId, "group", [ann.user, bob.user, cam.user]);
    this.startServer();
    const owners = [ann, ann, bob, cam];
    for (let i = 0; i < owners.length; i++) {
      const { user, handle } = owners[i]!;
      this.devices.push(await this.#device(ports, user, `${handle}${i}`));
    }
  }

  async #converse(
    ports: ReturnType<typeof openMemory>,
    id: ConversationId,
    kind: "direct" | "group",
    users: readonly UserId[],
  ): Promise<void> {
    const members = users.map((user) => ({ user, role: "member" as const }));
    const fresh = {
      id,
      kind,
      title: kind === "group" ? "Group" : "",
      homeRegion: "home",
      createdAt: this.time.now(),
    };
    const made = await ports.conversationStore.create({ ...fresh, members });
    await ports.inbox.apply(made.members.map((row) => ({ ...row, conversation: id, joinedSeq: 0 as Seq })));
    this.conversations.push(id);
  }

  async #device(ports: ReturnType<typeof openMemory>, user: UserId, label: string): Promise<Device> {
    const session = this.#id() as SessionId;
    const secret = this.dice.bytes(32);
    const now = this.time.now();
    const lasting = { createdAt: now, lastSeenAt: now, expiresAt: now + 1e10 };
    await ports.accounts.openSession({
      user,
      session,
      device: label,
      isBot: false,
      secretHash: hashSecret(secret),
      ...lasting,
    });
    const { time, dice, network, violated } = this;
    return new Device({
      label,
      token: makeToken(user, session, secret),
      subprotocol: dice.one(subprotocols),
      store: createMemoryStore(),
      time,
      dice,
      network,
      violated,
      api: () => {
        const { server } = this;
        return (
          server && ((request) => server.api.fetch(request, { remoteAddress: "198.51.100.1", secure: false }))
        );
      },
    });
  }

  startServer(): void {
    if (this.server) return;
    const { time, dice, store, network, troubles } = this;
    const onFailure = (error: unknown) => {
      if ((error as Error).name !== "StoreUnavailable") this.violated(`a bug: ${(error as Error).stack}`);
    };
    const auditEvents = {
      gapHealed() {},
      lost: ({ seq, count }: { seq: number; count: number }) =>
        this.violated(`the audit misses ${count} from ${seq} on`),
    };
    const plant = this.options.plant === undefined ? {} : { plant: this.options.plant };
    const Server = (this.options.isCluster ?? this.seed % 2 === 0) ? TwoServices : SimulatedServer;
    this.server = new Server({ time, dice, store, network, troubles, onFailure, auditEvents, ...plant });
  }

  crashServer(): void {
    this.#countAudit();
    this.server?.crash();
    this.server = null;
    this.time.after(this.dice.whole(0, 3_000), () => this.startServer());
  }

  async rough(actions: number): Promise<void> {
    const { dice } = this;
    this.network.weather = {
      delayMsMax: dice.one([5, 50, 400]),
      stall: dice.one([0, 0.01, 0.05]),
      queueFull: dice.one([0, 0, 0.03]),
    };
    this.troubles.storeFault = dice.one([0, 0, 0.05]);
    this.troubles.busFault = dice.one([0, 0.1, 0.3]);
    this.troubles.busLoss = dice.one([0, 0.05, 0.2]);
    for (let i = 0; i < actions; i++) this.time.after(dice.whole(0, roughMs), () => this.#act());
    if (this.options.shedEveryMs !== undefined) this.#shedEvery(this.options.shedEveryMs);
    if (this.options.leaveAtMs !== undefined)
      this.time.after(this.options.leaveAtMs, () => void this.server?.leave(2_000));
    await this.time.run(roughMs + 3_000);
    this.#watchQueues();
  }

  #countAudit(): void {
    const { checked = 0, doubled = 0, disbelieved = 0 } = this.server?.audit() ?? {};
    this.audited += checked;
    if (doubled + disbelieved > 0) this.violated(`the audit: ${doubled} doubled, ${disbelieved} disbelieved`);
  }

  #act(): void {
    const { dice } = this;
    this.#watchQueues();
    const device = dice.one(this.devices);
    const conversation = dice.one(this.conversations);
    const roll = dice.whole(1, 100);
    if (roll <= 50) return this.#say(device, conversation);
    if (roll <= 72) return this.#change(device, conversation);
    if (roll <= 78) return this.#goAway(device);
    if (roll <= 83) return device.crash();
    if (roll <= 89) return this.crashServer();
    if (roll <= 92) return void this.network.some()?.lose(dice.happens(0.5));
    void (dice.happens(0.5)
      ? device.view(conversation).openAtHead()
      : device.view(conversation).openAtUnread());
  }

  #shedEvery(ms: number): void {
    this.time.after(ms, () => {
      this.shed += this.server?.shed(2, ms) ?? 0;
      if (this.time.now() < this.time.startedAt + roughMs) this.#shedEvery(ms);
    });
  }

  #say(device: Device, conversation: ConversationId): void {
    const burst = this.dice.one([1, 1, 1, 2, 5]);
    for (let i = 0; i < burst; i++) device.send(conversation, `text ${++this.#texts}`);
  }

  #change(device: Device, conversation: ConversationId): void {
    const { dice } = this;
    const view = device.view(conversation);
    const numbered = view.messages.filter((message) => message.seq !== undefined);
    if (numbered.length === 0) return void view.openAtHead();
    const { seq } = dice.one(numbered);
    const roll = dice.whole(1, 10);
    if (roll <= 3) void view.edit(seq!, `edited ${++this.#texts}`);
    else if (roll <= 4) void view.remove(seq!);
    else if (roll <= 7) void view.react(seq!, dice.one(["👍", "🎉"]), dice.happens(0.7));
    else if (roll <= 9) view.markRead(seq!);
    else view.type();
  }

  #goAway(device: Device): void {
    device.goOffline();
    this.time.after(this.dice.whole(100, 15_000), () => device.goOnline());
  }

  #watchQueues(): void {
    if ((this.server?.waitingCommits ?? 0) > 12 * 16) this.violated("the commit queue grew beyond its bound");
  }

  /** No more trouble; everybody comes back and reads. */
  async calmDown(): Promise<void> {
    this.network.weather = calm;
    this.troubles.storeFault = 0;
    this.troubles.busFault = 0;
    this.troubles.busLoss = 0;
    this.startServer();
    for (const device of this.devices) device.goOnline();
    await this.time.run(roughMs + calmMs);
    await this.#comeBack();
  }

  /** A process that ended took read cursors with it that were told and not written: who comes back says them anew. */
  async #comeBack(): Promise<void> {
    for (const device of this.devices) device.goOffline();
    await this.time.run(roughMs + calmMs + 20_000);
    for (const device of this.devices) device.goOnline();
    await this.time.run(roughMs + calmMs + 60_000);
  }

  async verdict(): Promise<Verdict> {
    await agreement(this);
    this.#countAudit();
    const acknowledged = this.devices.flatMap((device) => device.sent).filter((sent) => sent.receipt).length;
    return {
      seed: this.seed,
      violations: [...this.violations],
      acknowledged,
      events: this.time.eventCount,
      shed: this.shed,
      audited: this.audited,
    };
  }

  #id(): string {
    return uuidV7(this.time.now(), this.dice.bytes(10));
  }
}

export type { World };
