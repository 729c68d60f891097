// A raw client for tests of the wire: frames in, frames out, nothing healed. People come over HTTP.

import { inflateRawSync } from "node:zlib";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, ServerFrame, Subprotocol } from "#protocol/frames.ts";

export type Of<K extends ServerFrame["kind"]> = Extract<ServerFrame, { kind: K }>;
type Command = ClientFrame extends infer F ? (F extends { id: number } ? Omit<F, "id"> : never) : never;

export interface Closed {
  readonly code: number;
  readonly reason: string;
}

const answerWithinMs = 5_000;

export class WireClient {
  readonly frames: ServerFrame[] = [];
  /** How many came packed. */
  packedFrames = 0;
  readonly #socket: WebSocket;
  readonly #subprotocol: Subprotocol;
  readonly #waiting = new Set<() => void>();
  #closed: Closed | null = null;
  #nextId = 1;

  private constructor(socket: WebSocket, subprotocol: Subprotocol) {
    this.#socket = socket;
    this.#subprotocol = subprotocol;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      this.frames.push(this.#decode(typeof data === "string" ? data : new Uint8Array(data as ArrayBuffer)));
      this.#wake();
    };
    socket.onclose = ({ code, reason }) => {
      this.#closed = { code, reason };
      this.#wake();
    };
  }

  /** Connected, and nothing said yet. */
  static open(
    url: string,
    subprotocol: Subprotocol = "banyan.v1.msgpack",
    headers: Record<string, string> = {},
  ): Promise<WireClient> {
    const socket = new WebSocket(socketUrl(url), { protocols: [subprotocol], headers } as never);
    const client = new WireClient(socket, subprotocol);
    return new Promise((opened, failed) => {
      socket.onopen = () => opened(client);
      socket.onerror = () => failed(new Error("the upgrade was refused"));
    });
  }

  /** Connected and welcomed. */
  static async join(url: string, token: string, subprotocol?: Subprotocol): Promise<WireClient> {
    const client = await WireClient.open(url, subprotocol);
    client.send({ kind: "hello", version: 1, token });
    await client.next("welcome");
    return client;
  }

  get welcome(): Of<"welcome"> {
    return this.frames.find((frame): frame is Of<"welcome"> => frame.kind === "welcome")!;
  }

  send(frame: ClientFrame): void {
    this.sendRaw(codecs[this.#subprotocol].encodeClient(frame));
  }

  sendRaw(payload: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(payload);
  }

  /** Sends a command and waits for what answers its id. */
  async ask(command: Command): Promise<Of<"ack"> | Of<"refused"> | Of<"caughtUp">> {
    const id = this.#nextId++;
    this.send({ ...command, id } as ClientFrame);
    return this.until(() => this.#answerTo(id), `an answer to ${command.kind}`);
  }

  async ack(command: Command): Promise<Of<"ack">> {
    const answer = await this.ask(command);
    if (answer.kind !== "ack") throw new Error(`${command.kind}: ${JSON.stringify(answer)}`);
    return answer;
  }

  /** The code of the refusal that answers. */
  async refusal(command: Command): Promise<string> {
    const answer = await this.ask(command);
    if (answer.kind !== "refused") throw new Error(`${command.kind} was not refused but ${answer.kind}`);
    return answer.code;
  }

  /** The first frame of a kind, from `from` on in what has come, that fits. */
  next<K extends ServerFrame["kind"]>(
    kind: K,
    fits: (frame: Of<K>) => boolean = () => true,
    from = 0,
  ): Promise<Of<K>> {
    const find = () => this.frames.slice(from).find((frame) => frame.kind === kind && fits(frame as Of<K>));
    return this.until(() => find() as Of<K> | undefined, `a frame ${kind}`);
  }

  /** Round trip: everything that the server did for this client before has arrived after it. */
  async pong(): Promise<Of<"pong">> {
    const from = this.frames.length;
    this.send({ kind: "ping" });
    return this.next("pong", () => true, from);
  }

  closed(withinMs = answerWithinMs): Promise<Closed> {
    return this.until(() => this.#closed ?? undefined, "the end of the connection", withinMs);
  }

  get isClosed(): boolean {
    return this.#closed !== null;
  }

  close(): void {
    this.#socket.close();
  }

  /** Waits until `look` finds something; it looks again after each frame. */
  until<T>(look: () => T | undefined, what: string, withinMs = answerWithinMs): Promise<T> {
    return new Promise((found, failed) => {
      const stop = () => {
        clearTimeout(late);
        this.#waiting.delete(again);
      };
      const again = () => {
        const it = look();
        if (it !== undefined) {
          stop();
          found(it);
        } else if (this.#closed) {
          stop();
          failed(new Error(`closed with ${this.#closed.code} before ${what}`));
        }
      };
      const late = setTimeout(() => {
        stop();
        failed(new Error(`no ${what} within ${withinMs} ms`));
      }, withinMs);
      this.#waiting.add(again);
      again();
    });
  }

  #answerTo(id: number) {
    return this.frames.find(
      (frame): frame is Of<"ack"> | Of<"refused"> | Of<"caughtUp"> => "id" in frame && frame.id === id,
    );
  }

  #decode(payload: string | Uint8Array<ArrayBuffer>): ServerFrame {
    const answer = codecs[this.#subprotocol].decodeServer(payload);
    if (!answer.ok) throw new Error(`the server sent what is no frame: ${answer.refusal}`);
    if (answer.value.kind !== "packed") return answer.value;
    this.packedFrames++;
    const inflated = inflateRawSync(answer.value.deflated);
    return this.#decode(typeof payload === "string" ? inflated.toString("utf8") : new Uint8Array(inflated));
  }

  #wake(): void {
    for (const again of [...this.#waiting]) again();
  }
}

export function socketUrl(url: string): string {
  return `${url.replace(/^http/, "ws")}/v1/socket`;
}

let namesGiven = 0;

/** 8 bytes that no other name of this process has. */
export function newName(): string {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(process.pid % 2 ** 32, 0);
  bytes.writeUInt32BE(++namesGiven, 4);
  return bytes.toString("base64url");
}

export interface SignedUp {
  readonly user: string;
  readonly session: string;
  readonly handle: string;
  readonly token: string;
}

export async function http(
  url: string,
  method: string,
  path: string,
  token?: string,
  body?: unknown,
): Promise<{ status: number; body: any }> {
  const response = await fetch(url + path, {
    method,
    headers: {
      "content-type": "application/json",
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text) };
}

export async function signUp(url: string, handle: string): Promise<SignedUp> {
  const answer = await http(url, "POST", "/v1/accounts", undefined, {
    handle,
    password: "correct battery 17",
  });
  if (answer.status !== 201) throw new Error(`sign-up: ${answer.status} ${JSON.stringify(answer.body)}`);
  const { account, session, token } = answer.body;
  return { user: account.user, session: session.session ?? session, handle, token };
}

export async function logIn(url: string, handle: string): Promise<SignedUp> {
  const answer = await http(url, "POST", "/v1/sessions", undefined, {
    handle,
    password: "correct battery 17",
  });
  if (answer.status !== 201) throw new Error(`log-in: ${answer.status} ${JSON.stringify(answer.body)}`);
  const { account, session, token } = answer.body;
  return { user: account.user, session: session.session ?? session, handle, token };
}

/** A conversation of `creator` with `users`; its id. */
export async function converse(
  url: string,
  creator: SignedUp,
  kind: "direct" | "group" | "channel",
  users: readonly SignedUp[],
): Promise<string> {
  const wish = {
    kind,
    users: users.map(({ user }) => user),
    ...(kind === "direct" ? {} : { title: "The tree" }),
  };
  const answer = await http(url, "POST", "/v1/conversations", creator.token, wish);
  if (answer.status > 201) throw new Error(`create: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body.conversation;
}
