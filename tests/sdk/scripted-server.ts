// A server of which the test writes every line: WebSockets in memory whose frames the test reads and answers, and
// an HTTP side with a few conversations.

import type { ConversationId } from "#base/ids.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, ServerFrame, Subprotocol, WireHead } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { Fetch, WebSocketConstructor, WebSocketLike } from "#sdk/platform.ts";

export const me = "0190c5a8-0000-7000-8000-000000000001";
export const session = "0190c5a8-0000-7000-8000-0000000000aa";
export const room = "0190c5a8-0000-7000-8000-000000000c01" as ConversationId;

export type FrameOf<K extends ClientFrame["kind"]> = Extract<ClientFrame, { kind: K }>;

/** The server's end of one connection. */
export class ScriptedSocket implements WebSocketLike {
  binaryType = "";
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onclose: WebSocketLike["onclose"] = null;
  onerror: WebSocketLike["onerror"] = null;
  isClosedByClient = false;
  readonly received: ClientFrame[] = [];

  constructor(readonly protocol: Subprotocol) {}

  send(data: any): void {
    const frame = codecs[this.protocol].decodeClient(data);
    if (!frame.ok) throw new Error(`not a frame: ${frame.refusal}`);
    this.received.push(frame.value);
  }

  close(): void {
    this.isClosedByClient = true;
  }

  open(): void {
    this.onopen?.({});
  }

  tell(...frames: readonly ServerFrame[]): void {
    for (const frame of frames) this.tellBytes(codecs[this.protocol].encodeServer(frame));
  }

  tellBytes(data: unknown): void {
    this.onmessage?.({ data: data instanceof Uint8Array ? data.slice().buffer : data });
  }

  end(code?: number): void {
    this.onclose?.({ code });
  }

  all<K extends ClientFrame["kind"]>(kind: K): FrameOf<K>[] {
    return this.received.filter((frame): frame is FrameOf<K> => frame.kind === kind);
  }

  /** The last frame of a kind; fails where there is none. */
  last<K extends ClientFrame["kind"]>(kind: K): FrameOf<K> {
    const found = this.all(kind).at(-1);
    if (!found)
      throw new Error(`no ${kind} came, only: ${this.received.map((frame) => frame.kind).join(" ")}`);
    return found;
  }
}

export class ScriptedServer {
  readonly sockets: ScriptedSocket[] = [];
  readonly requests: string[] = [];
  /** Answers by "METHOD /path"; what is not here is a refusal that passes by itself. */
  readonly answers = new Map<string, (url: URL) => unknown>();

  constructor() {
    this.answers.set("GET /v1/me", () => ({
      account: { user: me, handle: "ana", displayName: "Ana", isOwner: true, createdAt: 1 },
      session,
    }));
    this.answers.set("GET /v1/conversations", () => ({ conversations: [summary(1, 0)] }));
    this.answers.set(`GET /v1/conversations/${room}`, () => ({ ...summary(1, 0), cursors: [] }));
  }

  get socket(): ScriptedSocket {
    return this.sockets.at(-1)!;
  }

  readonly fetch: Fetch = async (url, init) => {
    const { pathname } = new URL(url);
    this.requests.push(`${init.method} ${pathname}`);
    const answer = this.answers.get(`${init.method} ${pathname}`);
    if (!answer) throw new TypeError("unreachable");
    return new Response(JSON.stringify(answer(new URL(url))), { status: 200 });
  };

  get WebSocket(): WebSocketConstructor {
    const { sockets } = this;
    return class extends ScriptedSocket {
      constructor(_url: string, protocols: string[] = []) {
        super(protocols[0] as Subprotocol);
        sockets.push(this);
      }
    };
  }

  /** Opens the newest connection and greets with the room's head. */
  greet(rev = 1, lastSeq = 0, readSeq = 0): ScriptedSocket {
    const { socket } = this;
    socket.open();
    socket.last("hello");
    socket.tell(welcome([head(rev, lastSeq, readSeq)]));
    return socket;
  }
}

export function head(rev: number, lastSeq: number, readSeq = 0): WireHead {
  return { conversation: room, rev, lastSeq, readSeq, member: 1 };
}

export function welcome(heads: readonly WireHead[], user = me): ServerFrame {
  return {
    kind: "welcome",
    version: 1,
    user,
    session,
    at: 1,
    heartbeatMs: limits.heartbeatMs,
    heads,
    complete: true,
  };
}

export function summary(rev: number, lastSeq: number, readSeq = 0) {
  return {
    conversation: room,
    kind: "group",
    title: "Room",
    rev,
    lastSeq,
    memberCount: 2,
    createdAt: 1,
    me: { member: 1, role: "owner", readSeq },
  };
}

export function said(rev: number, seq: number, text = `m${seq}`, more: object = {}) {
  return { kind: "message" as const, rev, seq, author: 2, at: 10 + seq, text, ...more };
}

export function changes(...all: Extract<ServerFrame, { kind: "changes" }>["changes"]): ServerFrame {
  return { kind: "changes", conversation: room, changes: all };
}
