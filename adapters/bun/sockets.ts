// Sockets on Bun's native WebSocket server. A queue is bounded by the runtime: what a slow reader cannot take is
// dropped whole (P41) and shows as a gap in numbers. Silence is ended by a sweep (P44): the runtime's own idle limit
// starts again with everything that is sent, so that it never ends a dead client of a busy conversation.

import type { Server, ServerWebSocket, WebSocketHandler } from "bun";
import type { Socket, SocketHandler, SocketPayload, Sockets } from "#ports/sockets.ts";

export interface SocketLimits {
  readonly frameBytesMax: number;
  /** What may wait for one slow reader. */
  readonly sendQueueBytesMax: number;
  readonly silenceMs: number;
}

/** What an upgrade hands over: Bun keeps it with the socket. */
export type Upgrade = Pick<Socket, "subprotocol" | "remoteAddress" | "cookieToken">;

interface SocketData extends Upgrade {
  socket: BunSocket | null;
}

export interface BunSockets extends Sockets {
  readonly websocket: WebSocketHandler<SocketData>;
  /** False when the request is no WebSocket handshake. */
  upgrade(server: Server<SocketData>, request: Request, upgrade: Upgrade): boolean;
  /** Until then publish does nothing. */
  attach(server: Server<SocketData>): void;
}

export function createBunSockets(handler: () => SocketHandler, limits: SocketLimits): BunSockets {
  let server: Server<SocketData> | null = null;
  const silence = new SilenceSweep(limits.silenceMs);
  return {
    attach(started) {
      server = started;
    },
    publish(topic, payload) {
      server?.publish(topic, payload);
    },
    upgrade(on, request, upgrade) {
      const headers = { "Sec-WebSocket-Protocol": upgrade.subprotocol };
      return on.upgrade(request, {
        data: { ...upgrade, socket: null },
        headers,
      });
    },
    websocket: {
      maxPayloadLength: limits.frameBytesMax,
      backpressureLimit: limits.sendQueueBytesMax,
      closeOnBackpressureLimit: false,
      idleTimeout: 0,
      sendPings: false,
      perMessageDeflate: false,
      open(native) {
        native.data.socket = new BunSocket(native);
        silence.add(native.data.socket);
        handler().opened(native.data.socket);
      },
      message(native, payload) {
        const socket = native.data.socket!;
        socket.heardAtSweep = silence.sweep;
        handler().received(socket, payload as SocketPayload);
      },
      close(native) {
        if (!native.data.socket) return;
        silence.delete(native.data.socket);
        handler().closed(native.data.socket);
      },
    },
  };
}

/** Sweeps in one period of silence: a silent socket is closed within a fifth more than the limit. */
const sweepsPerSilence = 5;

/** Drops sockets of which nothing was heard for the limit. A socket costs a number, hearing costs a store. */
class SilenceSweep {
  readonly #sockets = new Set<BunSocket>();
  readonly #everyMs: number;
  #timer: ReturnType<typeof setInterval> | null = null;
  sweep = 0;

  constructor(silenceMs: number) {
    this.#everyMs = silenceMs / sweepsPerSilence;
  }

  add(socket: BunSocket): void {
    socket.heardAtSweep = this.sweep;
    this.#sockets.add(socket);
    this.#timer ??= setInterval(() => this.#look(), this.#everyMs);
  }

  delete(socket: BunSocket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size > 0 || !this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.sweep++;
    for (const socket of this.#sockets)
      if (this.sweep - socket.heardAtSweep > sweepsPerSilence) socket.drop();
  }
}

class BunSocket implements Socket {
  readonly #native: ServerWebSocket<SocketData>;
  session: unknown = null;
  heardAtSweep = 0;

  constructor(native: ServerWebSocket<SocketData>) {
    this.#native = native;
  }

  get subprotocol(): string {
    return this.#native.data.subprotocol;
  }

  get remoteAddress(): string {
    return this.#native.data.remoteAddress;
  }

  get cookieToken(): string | null {
    return this.#native.data.cookieToken;
  }

  /** Bun: 0 is dropped, -1 is queued, more is the bytes sent. */
  send(payload: SocketPayload): boolean {
    return this.#native.send(payload) !== 0;
  }

  together(sends: () => void): void {
    this.#native.cork(sends);
  }

  pause(): void {
    this.#native.pause();
  }

  resume(): void {
    this.#native.resume();
  }

  subscribe(topic: string): void {
    this.#native.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#native.unsubscribe(topic);
  }

  /** Without a goodbye: there is nobody to hear it. */
  drop(): void {
    this.#native.terminate();
  }

  close(code: number, reason: string): void {
    this.#native.close(code, reason);
  }
}
