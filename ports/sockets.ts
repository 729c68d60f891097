// Sockets as the gateway sees them. Adapters: Bun's native server, and a simulated network.
// Rules P41 - P44 and P92 in ports/SPEC.md.
//
// P41 send and publish never block; what a slow reader cannot take beyond its bounded queue is dropped whole.
// P42 a topic's subscribers get what is published to it, in order, each payload whole.
// P43 closed is called exactly once for every opened socket; after it nothing is sent.
// P44 a socket that is silent for longer than the limit is closed.
// P92 of a paused socket nothing more is read; after resume it comes whole and in order.

export type SocketPayload = string | Uint8Array<ArrayBuffer>;

export interface Socket {
  /** The negotiated WebSocket subprotocol. */
  readonly subprotocol: string;
  /** For rate limits and the list of devices. */
  readonly remoteAddress: string;
  /** From the cookie of the upgrade request, when there was one of the same origin. */
  readonly cookieToken: string | null;
  /** Whatever the gateway keeps for this socket. */
  session: unknown;
  /** False when the queue is full and the payload was dropped. */
  send(payload: SocketPayload): boolean;
  /** Runs `sends` so that its payloads leave in one write. */
  together(sends: () => void): void;
  /** Reads no more until `resume`, so that whoever sends is held up (P92). */
  pause(): void;
  resume(): void;
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  close(code: number, reason: string): void;
}

export interface SocketHandler {
  opened(socket: Socket): void;
  received(socket: Socket, payload: SocketPayload): void;
  closed(socket: Socket): void;
}

export interface Sockets {
  /** The same bytes to every subscriber of a topic. */
  publish(topic: string, payload: SocketPayload): void;
}
