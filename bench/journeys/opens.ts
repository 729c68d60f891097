// How often opening a conversation touches the database: people at work over the client library, one action after
// another, so that each statement is known to belong to the action before it. Weights of actions after Mattermost's
// simulation (docs/decisions/0014-caches.md says which), conversations by Zipf's law, some people busier than others.

import type { ConversationId } from "#base/ids.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { journeyUsers, type World, worldOf } from "#bench/seeding/world.ts";
import { worldSeed } from "#bench/targets/banyan.ts";
import { createClient } from "#sdk/client.ts";
import { createMemoryStore } from "#sdk/store-memory.ts";
import type { Client } from "#sdk/types.ts";

/** For each post; a reconnect is a session that ends and comes back with what its store kept. */
const weights = {
  open: 6.52,
  scroll: 1.99,
  post: 1,
  reconnect: 0.42,
  react: 0.131,
  edit: 0.04,
  remove: 0.005,
};
type Action = keyof typeof weights;
const groupCount = 60;
const groupMembers = 12;
const directShare = 0.6;
/** Statements that somebody waits for who opens a conversation; the rest is written or read beside the way. */
const waitedFor =
  /^(message_log\.(page|since|newest|recent)|conversation_store\.(conversations|memberships|members|members_at|members_by_number)|accounts\.(authenticate|accounts)|inbox\.(list|cursors))$/;

export const opensJourney: Journey = {
  name: "opens",
  title: "conversations opened without the database",
  targets: ["banyan"],
  async run(scene) {
    const people = scene.sizes.isQuick ? 40 : 120;
    const actions = scene.sizes.isQuick ? 1_500 : 6_000;
    const town = new Town(scene, people);
    const first = await scene.start();
    await town.comeTo(first.port);
    await town.makeGroups();
    for (let action = 0; action < actions / 2; action++) await town.act();
    await town.leave();
    await first.stop();
    const second = await scene.start();
    await town.comeTo(second.port);
    town.forget();
    for (let action = 0; action < actions; action++) await town.act();
    const figures = town.figures();
    await town.leave();
    return figures;
  },
};

class Town {
  readonly #scene: Scene;
  readonly #world: World;
  readonly #people: number;
  readonly #stores: ReturnType<typeof createMemoryStore>[];
  #clients: Client[] = [];
  #port = 0;
  #requests = 0;
  #underWay = 0;
  readonly #groups: { id: ConversationId; members: Set<number>; weight: number }[] = [];
  /** What each person has before them. */
  readonly #current: ConversationId[] = [];
  #state: number;
  /** Conversations with a post since the server started. */
  #lively = new Set<ConversationId>();
  #inLively = { opens: 0, asked: 0, free: 0 };
  #inOthers = { opens: 0, asked: 0, free: 0 };
  #statements = new Map<string, number>();

  constructor(scene: Scene, people: number) {
    this.#scene = scene;
    this.#world = worldOf(worldSeed);
    this.#people = Math.min(people, journeyUsers);
    this.#stores = Array.from({ length: this.#people }, () => createMemoryStore());
    this.#state = scene.seed >>> 0 || 1;
  }

  async comeTo(port: number): Promise<void> {
    this.#port = port;
    for (let person = 0; person < this.#people; person++) this.#clients[person] = await this.#connect(person);
  }

  async leave(): Promise<void> {
    for (const client of this.#clients) await client.stop();
    this.#clients = [];
  }

  forget(): void {
    this.#lively.clear();
    this.#inLively = { opens: 0, asked: 0, free: 0 };
    this.#inOthers = { opens: 0, asked: 0, free: 0 };
    this.#statements.clear();
  }

  figures(): Figures {
    for (const [name, count] of [...this.#statements].sort((a, b) => b[1] - a[1]))
      this.#scene.say(`${name}: ${count} in opens of lively conversations`);
    const { opens, asked, free } = this.#inLively;
    this.#scene.say(`lively: ${opens} opens, ${asked} asked the server, ${free} touched no database`);
    const quiet = this.#inOthers;
    this.#scene.say(
      `others: ${quiet.opens} opens, ${quiet.asked} asked the server, ${quiet.free} touched no database`,
    );
    return {
      "opens.lively.freePercent": (100 * free) / Math.max(1, opens),
      "opens.lively.askedFreePercent": (100 * (asked - (opens - free))) / Math.max(1, asked),
    };
  }

  async act(): Promise<void> {
    // The top of the people acts most: a square makes a tenth of them do a third of all.
    const person = Math.floor(this.#fraction() ** 2 * this.#people);
    const client = this.#clients[person]!;
    const id = this.#conversation(person);
    const action = this.#action();
    const current = this.#current[person];
    if (action === "reconnect") return this.#comeBack(person);
    if (action === "open") {
      this.#current[person] = id;
      return this.#open(client, id);
    }
    if (!current) return;
    const view = client.conversation(current);
    try {
      if (action === "post") {
        const named = await view.send(
          `text ${this.#fraction()} `.repeat(1 + Math.floor(this.#fraction() * 8)),
        );
        if (named.ok) await view.sent(named.value);
        this.#lively.add(current);
        return;
      }
      if (action === "scroll") return void (await view.loadBefore());
      const message = view.messages.findLast(
        (one) => one.seq !== undefined && (action === "react" || one.mine),
      );
      if (!message?.seq) return;
      if (action === "react") await view.react(message.seq, "👍", true);
      else if (action === "edit") await view.edit(message.seq, "edited");
      else await view.remove(message.seq);
    } finally {
      await this.#settled();
      view.close();
    }
  }

  async #open(client: Client, id: ConversationId): Promise<void> {
    const tally = this.#lively.has(id) ? this.#inLively : this.#inOthers;
    const before = await this.#counts();
    const view = client.conversation(id);
    await view.openAtUnread();
    for (const message of view.messages) if (message.author !== undefined) view.member(message.author);
    await this.#settled();
    const newest = view.messages.findLast((message) => message.seq !== undefined);
    if (newest?.seq) view.markRead(newest.seq);
    view.close();
    const after = await this.#counts();
    tally.opens++;
    if (after.requests > before.requests) tally.asked++;
    let touched = 0;
    for (const [name, count] of after.statements) {
      const more = count - (before.statements.get(name) ?? 0);
      touched += more;
      if (more > 0 && tally === this.#inLively)
        this.#statements.set(name, (this.#statements.get(name) ?? 0) + more);
    }
    if (touched === 0) tally.free++;
  }

  /** Until nothing is on its way over HTTP. */
  async #settled(): Promise<void> {
    do await Bun.sleep(1);
    while (this.#underWay > 0);
  }

  async #counts(): Promise<{ statements: Map<string, number>; requests: number }> {
    const text = await (await fetch(`http://127.0.0.1:${this.#port}/metrics`)).text();
    const statements = new Map<string, number>();
    for (const [, name, count] of text.matchAll(
      /^banyan_statement_seconds_count\{statement="([^"]+)"\} (\d+)/gm,
    ))
      if (waitedFor.test(name!)) statements.set(name!, Number(count));
    return { statements, requests: this.#requests };
  }

  async #comeBack(person: number): Promise<void> {
    await this.#clients[person]!.stop();
    this.#clients[person] = await this.#connect(person);
  }

  async #connect(person: number): Promise<Client> {
    const client = createClient({
      url: `http://127.0.0.1:${this.#port}`,
      token: this.#world.token(person),
      auth: "token",
      store: this.#stores[person]!,
      fetch: (url: string, init: RequestInit) => {
        this.#requests++;
        this.#underWay++;
        return fetch(url, init).finally(() => this.#underWay--);
      },
    });
    const live = Promise.withResolvers<void>();
    const end = client.on("state", () => client.state.kind === "live" && live.resolve());
    await client.start();
    if (client.state.kind === "live") live.resolve();
    await live.promise;
    end();
    await this.#settled();
    return client;
  }

  /** Most of the work is between two people; of the groups the n-th is used 1/n as often as the first. */
  #conversation(person: number): ConversationId {
    if (this.#fraction() < directShare) return this.#world.pair(person >> 1);
    const mine = this.#groups.filter((group) => group.members.has(person));
    let left = this.#fraction() * mine.reduce((sum, { weight }) => sum + weight, 0);
    const group = mine.find(({ weight }) => {
      left -= weight;
      return left <= 0;
    });
    return group?.id ?? this.#world.pair(person >> 1);
  }

  async makeGroups(): Promise<void> {
    for (let n = 1; n <= groupCount; n++) {
      const members = new Set<number>();
      while (members.size < groupMembers) members.add(Math.floor(this.#fraction() * this.#people));
      const [maker, ...others] = [...members];
      const users = others.map((person) => this.#world.user(person));
      const made = await this.#clients[maker!]!.conversations.create({
        kind: "group",
        title: `Group ${n}`,
        users,
      });
      if (!made.ok) throw new Error(`no group was made: ${made.refusal.code}`);
      this.#groups.push({ id: made.value, members, weight: 1 / n });
    }
  }

  #action(): Action {
    const entries = Object.entries(weights) as [Action, number][];
    let left = this.#fraction() * entries.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [action, weight] of entries) {
      left -= weight;
      if (left <= 0) return action;
    }
    return "open";
  }

  /** mulberry32 by Tommy Ettinger (public domain). */
  #fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return ((word ^ (word >>> 14)) >>> 0) / 0x1_0000_0000;
  }
}
