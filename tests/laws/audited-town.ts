// A small town on simulated time for the delivery audit: the composed server over memory, client libraries whose
// frames a test may falsify on the way, and raw sockets that say what the test says.

import { openMemory } from "#adapters/memory/open-memory.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import type { ConversationId, SessionId, UserId } from "#base/ids.ts";
import { hashSecret, makeToken } from "#core/accounts/token.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import { createClient } from "#sdk/client.ts";
import type { WebSocketConstructor, WebSocketLike } from "#sdk/platform.ts";
import type { Client, ClientOptions } from "#sdk/types.ts";
import type { GatewayLimits } from "#services/gateway/gateway.ts";
import { newSessionId } from "#tests/contract/made-up.ts";
import { signUp } from "#tests/contract/messaging-service.ts";
import { Dice } from "#tests/simulation/dice.ts";
import { calm, Network, type Wire } from "#tests/simulation/network.ts";
import { SimulatedServer } from "#tests/simulation/server.ts";
import { SimulatedTime } from "#tests/simulation/time.ts";

export type Falsify = (frame: ServerFrame) => ServerFrame | null;

const secret = new Uint8Array(32).fill(7);
const codec = codecs["banyan.v1.json"];

export class Town {
  readonly time = new SimulatedTime();
  readonly dice = new Dice(20_261_124);
  readonly store = new MemoryStore({ laneCount: 4, emojiPerMessageMax: 4 });
  readonly network = new Network(this.time, this.dice);
  readonly lost: { conversation: string; seq: number; count: number }[] = [];
  readonly healedMs: number[] = [];
  readonly failures: unknown[] = [];
  server!: SimulatedServer;
  users: readonly UserId[] = [];
  conversation!: ConversationId;

  static async open(people: number, limits: Partial<GatewayLimits> = {}): Promise<Town> {
    const town = new Town();
    town.network.weather = calm;
    town.startServer(limits);
    const ports = openMemory(town.store);
    town.users = await signUp(ports, people);
    town.conversation = await town.converse();
    return town;
  }

  startServer(limits: Partial<GatewayLimits> = {}): void {
    const { time, dice, store, network } = this;
    this.server = new SimulatedServer({
      time,
      dice,
      store,
      network,
      troubles: { storeFault: 0, busFault: 0, busLoss: 0 },
      onFailure: (error) => void this.failures.push(error),
      auditEvents: {
        gapHealed: (ms) => void this.healedMs.push(ms),
        lost: (what) => void this.lost.push(what),
      },
      limits,
    });
  }

  /** A group of everybody. */
  async converse(): Promise<ConversationId> {
    const [first, ...others] = this.users;
    const made = this.server.messaging.create(first!, "group", "Group", others);
    await this.pass(100);
    const answer = await made;
    if (!answer.ok) throw new Error(answer.refusal.reason);
    await this.pass(5_000);
    return answer.value.id;
  }

  pass(ms: number): Promise<void> {
    return this.time.run(this.time.now() - this.time.startedAt + ms);
  }

  async token(user: UserId, session: SessionId = newSessionId()): Promise<string> {
    const now = this.time.now();
    const lasting = { createdAt: now, lastSeenAt: now, expiresAt: now + 1e10 };
    const more = { device: "", isBot: false, secretHash: hashSecret(secret) };
    await openMemory(this.store).accounts.openSession({ user, session, ...more, ...lasting });
    return makeToken(user, session, secret);
  }

  /** A client library, live; what it is told passes `falsify`, and null is nothing. */
  async come(user: UserId, falsify: Falsify = (frame) => frame, options: Partial<ClientOptions> = {}) {
    const wires = new Set<Wire>();
    const client = createClient({
      url: "http://simulated",
      token: await this.token(user),
      auth: "token",
      subprotocol: "banyan.v1.json",
      clock: this.time.process(),
      chance: this.dice,
      fetch: async (url, init) =>
        this.server.api.fetch(new Request(url, { ...init, signal: null }), {
          remoteAddress: "198.51.100.1",
          secure: false,
        }),
      WebSocket: falsified(
        this.network.webSocketFor(() => true, wires),
        falsify,
      ),
      ...options,
    });
    await client.start();
    await this.pass(1_000);
    const cut = () => {
      for (const wire of wires) if (wire.isOpen) wire.lose(true);
    };
    return { client, cut };
  }

  /** Says so many things, and waits until they are acknowledged. */
  async say(client: Client, count: number, conversation = this.conversation): Promise<void> {
    const view = client.conversation(conversation);
    for (let i = 0; i < count; i++) {
      void view.send(`word ${i}`);
      await this.pass(200);
    }
    view.close();
  }

  /** A socket that says what the test says. */
  async raw(user: UserId, hello: Partial<Extract<ClientFrame, { kind: "hello" }>> = {}): Promise<Raw> {
    const wires = new Set<Wire>();
    const Socket = this.network.webSocketFor(() => true, wires);
    const raw = new Raw(new Socket("", ["banyan.v1.json"]));
    await this.pass(100);
    raw.say({ kind: "hello", version: 1, token: await this.token(user), ...hello });
    await this.pass(100);
    return raw;
  }
}

export class Raw {
  readonly frames: ServerFrame[] = [];
  closedWith: number | null = null;

  constructor(readonly socket: WebSocketLike) {
    socket.onmessage = ({ data }) => {
      const frame = codec.decodeServer(data as string);
      if (frame.ok) this.frames.push(frame.value);
    };
    socket.onclose = ({ code }: { code?: number }) => {
      this.closedWith = code ?? 0;
    };
  }

  say(frame: ClientFrame): void {
    this.socket.send(codec.encodeClient(frame));
  }

  get welcome(): Extract<ServerFrame, { kind: "welcome" }> {
    return this.frames.find((frame) => frame.kind === "welcome")!;
  }
}

function falsified(Socket: WebSocketConstructor, falsify: Falsify): WebSocketConstructor {
  return class {
    constructor(url: string, protocols?: string[]) {
      const socket = new Socket(url, protocols);
      const hand = (hear: ((event: { data: unknown }) => void) | null, data: unknown) => {
        const frame = codec.decodeServer(data as string);
        const told = frame.ok ? falsify(frame.value) : null;
        if (told) hear?.({ data: codec.encodeServer(told) });
      };
      // biome-ignore lint/correctness/noConstructorReturn: the library must get the wire's own end.
      return new Proxy(socket, {
        set(target, name, value) {
          const given = name === "onmessage" && value ? ({ data }: any) => hand(value, data) : value;
          return Reflect.set(target, name, given);
        },
        get(target, name) {
          const value = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    }
  } as unknown as WebSocketConstructor;
}
