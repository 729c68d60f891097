// Sockets on Bun's native WebSocket server. A queue is bounded by the runtime: what a slow reader cannot take is
// dropped whole (P41) and shows as a gap in numbers. Silence is ended by the runtime's idle limit (P44).

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
  return {
    attach(started) {
      server = started;
    },
    publish(topic, payload) {
      server?.publish(topic, payload);
    },
    upgrade(on, request, upgrade) {
      const headers = { "Sec-WebSocket-Protocol": upgrade.subprotocol };
      return on.upgrade(request, { data: { ...upgrade, socket: null }, headers });
    },
    websocket: {
      maxPayloadLength: limits.frameBytesMax,
      backpressureLimit: limits.sendQueueBytesMax,
      closeOnBackpressureLimit: false,
      idleTimeout: Math.ceil(limits.silenceMs / 1000),
      sendPings: false,
      perMessageDeflate: false,
      open(native) {
        native.data.socket = new BunSocket(native);
        handler().opened(native.data.socket);
      },
      message(native, payload) {
        handler().received(native.data.socket!, payload as SocketPayload);
      },
      close(native) {
        if (native.data.socket) handler().closed(native.data.socket);
      },
    },
  };
}

class BunSocket implements Socket {
  readonly #native: ServerWebSocket<SocketData>;
  session: unknown = null;

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

  subscribe(topic: string): void {
    this.#native.subscribe(topic);
  }

  unsubscribe(topic: string): void {
    this.#native.unsubscribe(topic);
  }

  close(code: number, reason: string): void {
    this.#native.close(code, reason);
  }
}
