// One device of a simulated person: the real client library on simulated time and network. It may lose its network,
// crash (only its store survives) and come back. It keeps what the server acknowledged, and watches what it shows.

import type { ConversationId, MessageName, Seq } from "#base/ids.ts";
import type { Subprotocol } from "#protocol/frames.ts";
import { createClient } from "#sdk/client.ts";
import type { ConversationView, Receipt, ShownMessage } from "#sdk/conversation-types.ts";
import type { Store } from "#sdk/store.ts";
import type { Client } from "#sdk/types.ts";
import type { Dice } from "./dice.ts";
import type { Network, Wire } from "./network.ts";
import type { ProcessClock, SimulatedTime } from "./time.ts";

export interface Sent {
  readonly conversation: ConversationId;
  readonly name: MessageName;
  readonly text: string;
  /** Set when the server acknowledged it. */
  receipt?: Receipt;
}

export interface DeviceParts {
  readonly label: string;
  readonly token: string;
  readonly subprotocol: Subprotocol;
  readonly store: Store;
  readonly time: SimulatedTime;
  readonly dice: Dice;
  readonly network: Network;
  /** The API of the server that runs now; null while none does. */
  readonly api: () => ((request: Request) => Promise<Response>) | null;
  readonly violated: (what: string) => void;
}

export class Device {
  readonly sent: Sent[] = [];
  isOnline = true;
  client!: Client;
  readonly #views = new Map<ConversationId, ConversationView>();
  #clock!: ProcessClock;
  #wires = new Set<Wire>();

  constructor(readonly parts: DeviceParts) {
    this.#boot();
  }

  get label(): string {
    return this.parts.label;
  }

  #boot(): void {
    const { token, subprotocol, store, time, dice, network } = this.parts;
    this.#clock = time.process();
    this.#wires = new Set();
    this.client = createClient({
      url: "http://simulated",
      token,
      auth: "token",
      subprotocol,
      store,
      clock: this.#clock,
      chance: dice,
      fetch: (url, init) => this.#fetch(url, init),
      WebSocket: network.webSocketFor(() => this.isOnline, this.#wires),
    });
    void this.client.start();
  }

  /** The tab is closed or the phone restarts: what was not stored is gone. */
  crash(): void {
    this.#clock.kill();
    for (const wire of this.#wires) {
      wire.client.abandon();
      wire.lose(this.parts.dice.happens(0.5));
    }
    this.#views.clear();
    this.#boot();
  }

  goOffline(): void {
    this.isOnline = false;
    for (const wire of this.#wires) wire.lose(this.parts.dice.happens(0.5));
  }

  goOnline(): void {
    this.isOnline = true;
    this.client.wake();
  }

  view(conversation: ConversationId): ConversationView {
    const known = this.#views.get(conversation);
    if (known) return known;
    const view = this.client.conversation(conversation);
    this.#views.set(conversation, view);
    view.on("change", () => this.#watch(view));
    return view;
  }

  send(conversation: ConversationId, text: string, replyTo?: Seq): void {
    const { client } = this;
    const view = this.view(conversation);
    void view.send(text, replyTo === undefined ? {} : { replyTo }).then((named) => {
      if (!named.ok || client !== this.client) return;
      const sent: Sent = { conversation, name: named.value, text };
      this.sent.push(sent);
      void view.sent(named.value).then((receipt) => {
        if (receipt.ok) sent.receipt = receipt.value;
      });
    });
  }

  /** Whatever a view shows, at any moment: one unbroken run, nothing twice, echoes last. */
  #watch(view: ConversationView): void {
    const names = new Set<string>();
    let lastSeq = 0;
    let hasEcho = false;
    for (const message of view.messages) {
      const where = `${this.label} shows ${view.id.slice(-4)}`;
      if (message.name !== undefined) {
        const key = `${message.author} ${message.name}`;
        if (names.has(key)) this.parts.violated(`${where}: ${message.name} twice`);
        names.add(key);
      }
      if (message.seq === undefined) hasEcho = true;
      else this.#watchSeq(where, message, lastSeq, hasEcho);
      lastSeq = message.seq ?? lastSeq;
    }
  }

  #watchSeq(where: string, message: ShownMessage, lastSeq: number, hasEcho: boolean): void {
    if (hasEcho) this.parts.violated(`${where}: ${message.seq} after an echo`);
    if (lastSeq > 0 && message.seq !== lastSeq + 1)
      this.parts.violated(`${where}: ${message.seq} after ${lastSeq}`);
  }

  /** A request over the simulated network: it may be lost on the way, or its answer. */
  async #fetch(url: string, init: RequestInit): Promise<Response> {
    const { dice, network } = this.parts;
    await this.#travel();
    const api = this.parts.api();
    if (!this.isOnline || !api || dice.happens(network.weather.stall)) throw new TypeError("unreachable");
    const request = new Request(url, { ...init, signal: null });
    const answer = await Promise.race([api(request), this.#clockPasses(20_000)]);
    await this.#travel();
    if (answer === null || !this.isOnline || dice.happens(network.weather.stall))
      throw new TypeError("unreachable");
    return answer;
  }

  #travel(): Promise<unknown> {
    return this.#clockPasses(this.parts.network.delayMs());
  }

  #clockPasses(ms: number): Promise<null> {
    return new Promise((passed) => void this.#clock.after(ms, () => passed(null)));
  }
}
