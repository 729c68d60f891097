// One live WebSocket at a time, for as long as the client runs: says hello, keeps the beat, notices silence,
// comes back after every end. It knows nothing of conversations; what it hears after `welcome` it hands on.

import { closeCodes } from "#protocol/close-codes.ts";
import { codecs } from "#protocol/codecs.ts";
import { type ClientFrame, protocolVersion, type ServerFrame, type Subprotocol } from "#protocol/frames.ts";
import { backoffMs } from "./backoff.ts";
import { maxima } from "./maxima.ts";
import type { WebSocketConstructor, WebSocketLike } from "./platform.ts";
import type { Chance, ClientState, Clock, StopReason, WaitReason } from "./types.ts";
import { frameOf } from "./unpack.ts";

export type Welcome = Extract<ServerFrame, { kind: "welcome" }>;

export interface ConnectionListener {
  state(state: ClientState): void;
  welcome(welcome: Welcome): void;
  frame(frame: ServerFrame): void;
  /** The connection ended: what was not answered on it will not be. */
  down(): void;
}

export interface ConnectionParts {
  readonly url: string;
  readonly subprotocol: Subprotocol;
  readonly WebSocket: WebSocketConstructor;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly agent: string;
  /** Whether this session offers, or declines, to report what it shows. */
  readonly audit: boolean | undefined;
  token(): string | undefined;
}

/** The socket of one attempt, from opening to its end, with the timers that watch it. */
interface Attempt {
  readonly socket: WebSocketLike;
  live: boolean;
  liveSince: number;
  heartbeatMs: number;
  heard: boolean;
  /** Set by `drain`: when the server wants this client back. */
  returnAt?: number;
  /** What came before `welcome`, which may overtake it; bounded, and numbers heal what is dropped. */
  readonly early: ServerFrame[];
  cancelWatch: () => void;
  cancelProbe: (() => void) | null;
}

export class Connection {
  state: ClientState = { kind: "stopped", reason: "asked" };
  #attempt: Attempt | null = null;
  #failures = 0;
  #cancelRetry: () => void = () => {};

  constructor(
    readonly parts: ConnectionParts,
    readonly listener: ConnectionListener,
  ) {}

  /** Whether commands may be given now. */
  get open(): boolean {
    return this.#attempt?.live === true && this.#attempt.returnAt === undefined;
  }

  start(): void {
    if (this.state.kind !== "stopped") return;
    this.#failures = 0;
    this.#connect();
  }

  stop(reason: StopReason): void {
    if (this.state.kind === "stopped") return;
    this.#cancelRetry();
    this.#abandon();
    this.#become({ kind: "stopped", reason });
  }

  wake(): void {
    if (this.state.kind === "waiting") {
      // The server said when: that is spread over its clients, and a glance at the page must not undo it.
      if (this.state.reason === "draining" || this.state.reason === "refused") return;
      this.#cancelRetry();
      this.#connect();
    } else if (this.#attempt?.live) {
      this.#probe(this.#attempt, maxima.probeWithinMs);
    }
  }

  /** The other side does not answer as it must: start afresh. */
  distrust(): void {
    if (this.#attempt) this.#ended(this.#attempt, "silent");
  }

  send(frame: ClientFrame): void {
    const attempt = this.#attempt;
    if (!attempt?.live) return;
    this.#write(attempt, frame);
  }

  #connect(): void {
    this.#become({ kind: "connecting" });
    let socket: WebSocketLike;
    try {
      socket = new this.parts.WebSocket(this.parts.url, [this.parts.subprotocol]);
    } catch {
      this.#retry("unreachable", undefined);
      return;
    }
    socket.binaryType = "arraybuffer";
    const attempt: Attempt = {
      socket,
      live: false,
      liveSince: 0,
      heartbeatMs: 0,
      heard: false,
      early: [],
      cancelWatch: this.parts.clock.after(maxima.welcomeWithinMs, () => this.#ended(attempt, "silent")),
      cancelProbe: null,
    };
    this.#attempt = attempt;
    socket.onopen = () => this.#hello(attempt);
    socket.onmessage = (event) => this.#received(attempt, (event as { data: unknown }).data);
    socket.onclose = (event) => this.#closed(attempt, (event as { code?: number } | undefined)?.code);
    socket.onerror = () => {};
  }

  #hello(attempt: Attempt): void {
    if (attempt !== this.#attempt) return;
    const token = this.parts.token();
    const { agent, audit } = this.parts;
    const offer = audit !== undefined && { audit };
    this.#write(attempt, {
      kind: "hello",
      version: protocolVersion,
      ...(token && { token }),
      agent,
      ...offer,
    });
  }

  #received(attempt: Attempt, data: unknown): void {
    if (attempt !== this.#attempt) return;
    attempt.heard = true;
    const frame = frameOf(codecs[this.parts.subprotocol], data);
    if (!frame.ok) {
      this.#ended(attempt, "closed");
    } else if (frame.value.kind === "welcome") {
      if (!attempt.live) this.#welcomed(attempt, frame.value);
    } else if (!attempt.live) {
      if (frame.value.kind === "refused") this.#helloRefused(attempt, frame.value);
      else if (frame.value.kind === "drain") this.#ended(attempt, "draining", frame.value.reconnectAfterMs);
      else if (attempt.early.length < maxima.earlyFramesMax) attempt.early.push(frame.value);
    } else if (frame.value.kind === "drain") {
      this.#drain(attempt, frame.value.reconnectAfterMs);
    } else if (frame.value.kind === "refused" && frame.value.code === "not_authenticated") {
      this.stop("not_authenticated");
    } else {
      this.listener.frame(frame.value);
    }
  }

  #welcomed(attempt: Attempt, welcome: Welcome): void {
    attempt.live = true;
    attempt.liveSince = this.parts.clock.now();
    attempt.heartbeatMs = Math.max(1, welcome.heartbeatMs);
    attempt.cancelWatch();
    this.#beatLater(attempt);
    this.#become({ kind: "live" });
    if (attempt !== this.#attempt) return;
    this.listener.welcome(welcome);
    for (const frame of attempt.early.splice(0)) if (attempt === this.#attempt) this.listener.frame(frame);
  }

  #helloRefused(attempt: Attempt, refusal: Extract<ServerFrame, { kind: "refused" }>): void {
    if (refusal.code === "not_authenticated" || refusal.code === "unsupported_version")
      this.stop(refusal.code);
    else this.#ended(attempt, refusal.code === "draining" ? "draining" : "refused", refusal.retryAfterMs);
  }

  /** The server will stop: give nothing more, let it answer what is on the way, and leave before it is gone. */
  #drain(attempt: Attempt, returnAfterMs: number): void {
    attempt.returnAt = this.parts.clock.now() + returnAfterMs;
    attempt.cancelWatch();
    attempt.cancelWatch = this.parts.clock.after(returnAfterMs, () => this.#ended(attempt, "draining"));
  }

  #beatLater(attempt: Attempt): void {
    attempt.cancelWatch = this.parts.clock.after(attempt.heartbeatMs, () => {
      this.#probe(attempt, maxima.pongWithinMs);
      if (attempt === this.#attempt) this.#beatLater(attempt);
    });
  }

  #probe(attempt: Attempt, withinMs: number): void {
    attempt.cancelProbe?.();
    attempt.heard = false;
    attempt.cancelProbe = this.parts.clock.after(withinMs, () => {
      attempt.cancelProbe = null;
      if (!attempt.heard) this.#ended(attempt, "silent");
    });
    this.#write(attempt, { kind: "ping" });
  }

  #write(attempt: Attempt, frame: ClientFrame): void {
    try {
      attempt.socket.send(codecs[this.parts.subprotocol].encodeClient(frame));
    } catch {
      // A socket that is closing throws in some runtimes; its onclose follows and is what counts.
    }
  }

  #closed(attempt: Attempt, code: number | undefined): void {
    if (attempt !== this.#attempt) return;
    if (code === closeCodes.notAuthenticated) this.stop("not_authenticated");
    else if (code === closeCodes.unsupportedVersion) this.stop("unsupported_version");
    else if (code === closeCodes.flood) this.#ended(attempt, "refused", maxima.afterFloodMs);
    else this.#ended(attempt, attempt.live ? "closed" : "unreachable");
  }

  #ended(attempt: Attempt, reason: WaitReason, hintMs?: number): void {
    if (attempt !== this.#attempt) return;
    const now = this.parts.clock.now();
    if (attempt.live && now - attempt.liveSince >= maxima.steadyAfterMs) this.#failures = 0;
    this.#abandon();
    if (attempt.returnAt === undefined) this.#retry(reason, hintMs);
    else this.#retry("draining", Math.max(0, attempt.returnAt - now));
  }

  #retry(reason: WaitReason, hintMs: number | undefined): void {
    if (this.state.kind === "stopped") return;
    const delayMs = hintMs ?? backoffMs(this.#failures, this.parts.chance);
    this.#failures++;
    this.#cancelRetry = this.parts.clock.after(delayMs, () => this.#connect());
    this.#become({ kind: "waiting", retryAt: this.parts.clock.now() + delayMs, reason });
  }

  #abandon(): void {
    const attempt = this.#attempt;
    if (!attempt) return;
    this.#attempt = null;
    attempt.cancelWatch();
    attempt.cancelProbe?.();
    const { socket } = attempt;
    socket.onopen = socket.onmessage = socket.onclose = null;
    // `ws` throws an unheard error when it is closed while connecting.
    socket.onerror = () => {};
    try {
      socket.close();
    } catch {
      // Already closed.
    }
    if (attempt.live) this.listener.down();
  }

  #become(state: ClientState): void {
    this.state = state;
    this.listener.state(state);
  }
}
