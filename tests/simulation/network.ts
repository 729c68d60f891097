// A simulated network of WebSockets: each direction keeps order (TCP), takes time, and may stall; a connection may
// be cut so that both ends notice, or go half open so that neither does. A server's queue may be full: then what
// the server sends is dropped whole.

import type { Socket, SocketHandler, SocketPayload, Sockets } from "#ports/sockets.ts";
import { limits } from "#protocol/limits.ts";
import type { WebSocketConstructor, WebSocketLike } from "#sdk/platform.ts";
import type { Dice } from "./dice.ts";
import type { SimulatedTime } from "./time.ts";

export interface Weather {
  delayMsMax: number;
  /** Of a payload, to stall for seconds. */
  stall: number;
  /** Of a payload from the server, to find the reader's queue full. */
  queueFull: number;
}

export const calm: Weather = { delayMsMax: 5, stall: 0, queueFull: 0 };

/** The server end that new connections reach, or null while no server listens. */
export interface Listener {
  readonly handler: SocketHandler;
  readonly sockets: SimulatedSockets;
}

export class Network {
  weather: Weather = calm;
  listener: Listener | null = null;
  readonly #wires = new Set<Wire>();

  constructor(
    readonly time: SimulatedTime,
    readonly dice: Dice,
  ) {}

  /** The WebSocket class of one device; `isOnline` says whether its network is there. */
  webSocketFor(isOnline: () => boolean, owned: Set<Wire>): WebSocketConstructor {
    const network = this;
    return class {
      constructor(_: string, protocols?: string[]) {
        const wire = new Wire(network, protocols?.[0] ?? "");
        owned.add(wire);
        network.#wires.add(wire);
        wire.connect(isOnline());
        // biome-ignore lint/correctness/noConstructorReturn: the library must get the wire's own end.
        return wire.client;
      }
    } as unknown as WebSocketConstructor;
  }

  delayMs(): number {
    const { delayMsMax, stall } = this.weather;
    return this.dice.happens(stall) ? this.dice.whole(500, 4_000) : this.dice.whole(0, delayMsMax);
  }

  forget(wire: Wire): void {
    this.#wires.delete(wire);
  }

  /** What a stopped server leaves behind: some ends notice at once, some only by silence. */
  serverDied(): void {
    this.listener = null;
    for (const wire of [...this.#wires]) wire.lose(this.dice.happens(0.7));
  }

  some(): Wire | null {
    return this.#wires.size === 0 ? null : this.dice.one([...this.#wires]);
  }
}

/** One connection. `client` is what the library holds, `server` what the gateway holds. */
export class Wire {
  readonly client: ClientEnd;
  server: ServerEnd | null = null;
  isOpen = false;
  isHalfOpen = false;
  #toServerAt = 0;
  #toClientAt = 0;

  constructor(
    readonly network: Network,
    readonly subprotocol: string,
  ) {
    this.client = new ClientEnd(this);
  }

  connect(isOnline: boolean): void {
    const { time, dice } = this.network;
    time.after(this.network.delayMs(), () => {
      const { listener } = this.network;
      if (!isOnline || !listener || this.client.isClosed || dice.happens(this.network.weather.stall)) {
        return this.client.ended(1006, "");
      }
      this.isOpen = true;
      this.server = new ServerEnd(this, listener);
      listener.handler.opened(this.server);
      if (this.isOpen) this.client.onopen?.({});
    });
  }

  toServer(payload: SocketPayload): void {
    this.#toServerAt = this.#deliver(this.#toServerAt, () => this.server?.receive(payload));
  }

  toClient(payload: SocketPayload): void {
    this.#toClientAt = this.#deliver(this.#toClientAt, () => this.client.receive(payload));
  }

  /** The server closes: what was sent before still arrives first. */
  closeFromServer(code: number, reason: string): void {
    this.#toClientAt = this.#deliver(this.#toClientAt, () => this.end(code, reason));
  }

  #deliver(notBefore: number, arrive: () => void): number {
    const at = Math.max(notBefore, this.network.time.now() + this.network.delayMs());
    this.network.time.after(at - this.network.time.now(), () => {
      if (this.isOpen && !this.isHalfOpen) arrive();
    });
    return at;
  }

  /** `isNoticed`: both ends are told; else nothing arrives any more and silence has to show it. */
  lose(isNoticed: boolean): void {
    if (isNoticed) return this.end(1006, "");
    this.isHalfOpen = true;
    this.network.time.after(limits.silenceMs, () => this.server?.ended());
  }

  end(code: number, reason: string): void {
    this.isOpen = false;
    this.network.forget(this);
    this.server?.ended();
    this.client.ended(code, reason);
  }
}

class ClientEnd implements WebSocketLike {
  binaryType = "arraybuffer";
  onopen: ((event: any) => void) | null = null;
  onmessage: ((event: any) => void) | null = null;
  onclose: ((event: any) => void) | null = null;
  onerror: ((event: any) => void) | null = null;
  isClosed = false;

  constructor(readonly wire: Wire) {}

  get protocol(): string {
    return this.wire.subprotocol;
  }

  send(data: any): void {
    this.wire.toServer(typeof data === "string" ? data : new Uint8Array(data));
  }

  receive(payload: SocketPayload): void {
    this.onmessage?.({ data: typeof payload === "string" ? payload : payload.slice().buffer });
  }

  close(code = 1000, reason = ""): void {
    this.wire.end(code, reason);
  }

  ended(code: number, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.wire.network.time.after(0, () => this.onclose?.({ code, reason, wasClean: code === 1000 }));
  }

  /** The process that held it is gone. */
  abandon(): void {
    this.onopen = this.onmessage = this.onclose = this.onerror = null;
  }
}

class ServerEnd implements Socket {
  readonly remoteAddress = "198.51.100.1";
  readonly cookieToken = null;
  session: unknown = null;
  #isClosed = false;
  #unread: SocketPayload[] | null = null;

  constructor(
    readonly wire: Wire,
    readonly listener: Listener,
  ) {}

  get subprotocol(): string {
    return this.wire.subprotocol;
  }

  receive(payload: SocketPayload): void {
    if (this.#unread) this.#unread.push(payload);
    else if (!this.#isClosed) this.listener.handler.received(this, payload);
  }

  pause(): void {
    this.#unread ??= [];
  }

  resume(): void {
    const unread = this.#unread ?? [];
    this.#unread = null;
    for (const payload of unread) this.receive(payload);
  }

  send(payload: SocketPayload): boolean {
    if (this.#isClosed) return false;
    const { dice, weather } = this.wire.network;
    if (dice.happens(weather.queueFull)) return false;
    this.wire.toClient(payload);
    return true;
  }

  together(sends: () => void): void {
    sends();
  }

  subscribe(topic: string): void {
    this.listener.sockets.subscribe(topic, this);
  }

  unsubscribe(topic: string): void {
    this.listener.sockets.unsubscribe(topic, this);
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return;
    this.wire.closeFromServer(code, reason);
    this.ended();
  }

  ended(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.listener.sockets.forget(this);
    this.listener.handler.closed(this);
  }
}

/** Topics of one server process. */
export class SimulatedSockets implements Sockets {
  readonly #topics = new Map<string, Set<ServerEnd>>();

  publish(topic: string, payload: SocketPayload): void {
    for (const socket of this.#topics.get(topic) ?? []) socket.send(payload);
  }

  subscribe(topic: string, socket: ServerEnd): void {
    this.#topics.set(topic, (this.#topics.get(topic) ?? new Set()).add(socket));
  }

  unsubscribe(topic: string, socket: ServerEnd): void {
    this.#topics.get(topic)?.delete(socket);
  }

  forget(socket: ServerEnd): void {
    for (const sockets of this.#topics.values()) sockets.delete(socket);
  }
}
