// A stranger's client: written from protocol/SPEC.md and protocol/golden/ alone. It imports nothing of this house,
// and its MessagePack is not the server's.

import { inflateRawSync } from "node:zlib";
import { decode, encode } from "@msgpack/msgpack";

export type Frame = { kind: string } & Record<string, any>;
export type Codec = "json" | "msgpack";

// ---- codec, from the tables of SPEC.md -----------------------------------------------------------------------

/** Fields in order; "name:type" where the type is not one that looks alike in both codecs. */
const records: Record<string, string> = {
  head: "conversation:uuid rev lastSeq readSeq member",
  beat: "conversation:uuid rev",
  online: "user:uuid online lastSeenAt",
  emoji: "emoji count mine",
  shown: "conversation:uuid after ranges:range[]",
  range: "from to",
};
const changes: Record<number, [string, string]> = {
  0: ["message", "rev seq author at text name:name replyTo editedAt deletedAt reactions:emoji[]"],
  1: ["reaction", "rev seq member emoji on count"],
  2: ["member", "rev member user:uuid role active displayName"],
  3: ["conversation", "rev title"],
};
const fromServer: Record<number, [string, string]> = {
  1: ["welcome", "version user:uuid session:uuid at heartbeatMs heads:head[] complete auditEveryMs"],
  2: ["pong", "heads:beat[]"],
  3: ["ack", "id rev seq at"],
  4: ["refused", "code id retryAfterMs detail"],
  5: ["changes", "conversation:uuid changes:change[]"],
  6: ["caughtUp", "id conversation:uuid rev lastSeq reset changes:change[]"],
  7: ["read", "conversation:uuid member seq"],
  8: ["typing", "conversation:uuid member"],
  9: ["presence", "users:online[]"],
  10: ["joined", "head:head"],
  11: ["left", "conversation:uuid"],
  12: ["drain", "reconnectAfterMs"],
  13: ["packed", "deflated:blob"],
};
const fromClient: Record<string, [number, string]> = {
  hello: [1, "version token agent audit"],
  ping: [2, ""],
  send: [3, "id conversation:uuid name:name text replyTo again"],
  edit: [4, "id conversation:uuid seq text"],
  delete: [5, "id conversation:uuid seq"],
  react: [6, "id conversation:uuid seq emoji on"],
  since: [7, "id conversation:uuid rev seq"],
  read: [8, "conversation:uuid seq"],
  typing: [9, "conversation:uuid"],
  look: [10, "conversations:uuid[] users:uuid[]"],
  audit: [11, "shown:shown[] ignored doubled healedMs more"],
};

export function toWire(codec: Codec, frame: Frame): string | Uint8Array {
  if (codec === "json") return JSON.stringify(frame);
  const [no, fields] = fromClient[frame.kind]!;
  return encode([no, ...packedFields(fields, frame)]);
}

function packedFields(fields: string, values: Record<string, any>): unknown[] {
  const items = fieldsOf(fields).map(([key, type]) => packed(type, values[key]));
  while (items.length > 0 && items.at(-1) === null) items.pop();
  return items;
}

export function fromWire(codec: Codec, data: string | Uint8Array): Frame | null {
  const frame =
    codec === "json" ? (JSON.parse(data as string) as Frame) : known(fromServer, decode(data as Uint8Array));
  if (frame?.kind !== "packed") return frame;
  const inflated = inflateRawSync(
    codec === "json" ? Buffer.from(frame.deflated, "base64url") : frame.deflated,
  );
  return fromWire(codec, codec === "json" ? inflated.toString("utf8") : inflated);
}

function fieldsOf(fields: string): [string, string][] {
  if (fields === "") return [];
  return fields.split(" ").map((field) => field.split(":") as [string, string]);
}

function packed(type: string | undefined, value: unknown): unknown {
  if (value === undefined) return null;
  if (type?.endsWith("[]")) return (value as unknown[]).map((item) => packed(type.slice(0, -2), item));
  if (type === "uuid") return Buffer.from((value as string).replaceAll("-", ""), "hex");
  if (type === "name") return Buffer.from(value as string, "base64url");
  if (type && type in records) return packedFields(records[type]!, value as Record<string, any>);
  return value;
}

function known(table: Record<number, [string, string]>, array: unknown): Frame | null {
  const [no, ...items] = array as [number, ...unknown[]];
  const found = table[no];
  return found ? { kind: found[0], ...unpackedFields(found[1], items) } : null;
}

function unpackedFields(fields: string, items: readonly unknown[]): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  fieldsOf(fields).forEach(([key, type], i) => {
    if (items[i] !== undefined && items[i] !== null) values[key] = unpacked(type, items[i]);
  });
  return values;
}

function unpacked(type: string | undefined, value: any): unknown {
  if (type?.endsWith("[]")) return value.map((item: unknown) => unpacked(type.slice(0, -2), item));
  if (type === "uuid") {
    const hex = Buffer.from(value).toString("hex");
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  }
  if (type === "name") return Buffer.from(value).toString("base64url");
  if (type === "change") return known(changes, value) ?? { kind: "?", rev: value[1] };
  if (type && type in records) return unpackedFields(records[type]!, value);
  return value;
}

// ---- one conversation, by rev --------------------------------------------------------------------------------

export class Feed {
  rev: number;
  title = "";
  readonly messages = new Map<number, Frame>();
  readonly myMember: number;

  constructor(rev: number, myMember: number) {
    this.rev = rev;
    this.myMember = myMember;
  }

  get newestSeq(): number {
    return Math.max(0, ...this.messages.keys());
  }

  /** False when a change is missing before one of these: ask `since`. */
  changes(list: readonly Frame[]): boolean {
    for (const change of list) {
      if (change.rev <= this.rev) continue;
      if (change.rev > this.rev + 1) return false;
      this.#apply(change);
      this.rev = change.rev;
    }
    return true;
  }

  caughtUp(answer: Frame): void {
    if (answer.reset) this.messages.clear();
    for (const change of answer.changes) this.#apply(change);
    this.rev = Math.max(this.rev, answer.rev);
  }

  #apply(change: Frame): void {
    if (change.kind === "conversation") this.title = change.title;
    if (change.kind === "message") {
      const reactions = change.reactions ?? this.messages.get(change.seq)?.reactions ?? [];
      this.messages.set(change.seq, { ...change, reactions });
    }
    if (change.kind === "reaction") this.#react(change);
  }

  #react(change: Frame): void {
    const message = this.messages.get(change.seq);
    if (!message || message.rev >= change.rev) return;
    const before = message.reactions.find((it: any) => it.emoji === change.emoji);
    const mine = change.member === this.myMember ? change.on : (before?.mine ?? false);
    const others = message.reactions.filter((it: any) => it.emoji !== change.emoji);
    const now = change.count > 0 ? [{ emoji: change.emoji, count: change.count, mine }] : [];
    this.messages.set(change.seq, { ...message, rev: change.rev, reactions: [...others, ...now] });
  }
}

// ---- a connection --------------------------------------------------------------------------------------------

export class Stranger {
  readonly feeds = new Map<string, Feed>();
  /** Frames that are lost on purpose, to be healed. */
  lose: (frame: Frame) => boolean = () => false;
  readonly #socket: WebSocket;
  readonly #codec: Codec;
  readonly #answers = new Map<number, (frame: Frame) => void>();
  readonly #listeners = new Set<(frame: Frame) => void>();
  readonly #graceMs = 300;
  #nextId = 1;

  private constructor(socket: WebSocket, codec: Codec) {
    this.#socket = socket;
    this.#codec = codec;
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => {
      const frame = fromWire(codec, typeof data === "string" ? data : new Uint8Array(data));
      if (frame && !this.lose(frame)) this.#take(frame);
    };
  }

  static connect(url: string, codec: Codec, token: string): Promise<Stranger> {
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/socket`, [`banyan.v1.${codec}`]);
    const stranger = new Stranger(socket, codec);
    return new Promise((welcomed, failed) => {
      socket.onopen = () => stranger.say({ kind: "hello", version: 1, token });
      socket.onclose = ({ code }) => failed(new Error(`closed with ${code}`));
      stranger.on((frame) => {
        if (frame.kind === "welcome") welcomed(stranger);
      });
    });
  }

  say(frame: Frame): void {
    this.#socket.send(toWire(this.#codec, frame) as string);
  }

  ask(frame: Frame): Promise<Frame> {
    const id = this.#nextId++;
    this.say({ ...frame, id });
    return new Promise((answered) => this.#answers.set(id, answered));
  }

  on(listener: (frame: Frame) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async send(conversation: string, text: string, name: string): Promise<Frame> {
    const ack = await this.ask({ kind: "send", conversation, name, text });
    const feed = this.feeds.get(conversation)!;
    const { rev, seq, at } = ack;
    if (ack.kind === "ack") {
      this.#changed(conversation, [{ kind: "message", rev, seq, at, author: feed.myMember, text, name }]);
    }
    return ack;
  }

  close(): void {
    this.#socket.close();
  }

  #take(frame: Frame): void {
    if (frame.kind === "welcome") for (const head of frame.heads) this.#follow(head);
    if (frame.kind === "joined") this.#follow(frame.head);
    if (frame.kind === "changes") this.#changed(frame.conversation, frame.changes);
    if (frame.kind === "caughtUp") this.feeds.get(frame.conversation)?.caughtUp(frame);
    if (frame.kind === "pong") {
      for (const head of frame.heads ?? []) {
        if (head.rev > this.feeds.get(head.conversation)!.rev) this.#catchUp(head.conversation);
      }
    }
    this.#answers.get(frame.id)?.(frame);
    this.#answers.delete(frame.id);
    this.#tell(frame);
  }

  #tell(frame: Frame): void {
    for (const listener of [...this.#listeners]) listener(frame);
  }

  #follow(head: Frame): void {
    this.feeds.set(head.conversation, new Feed(0, head.member));
    this.#catchUp(head.conversation);
  }

  #changed(conversation: string, list: readonly Frame[]): void {
    const feed = this.feeds.get(conversation);
    if (!feed || feed.changes(list)) return;
    const missing = feed.rev + 1;
    setTimeout(() => {
      if (feed.rev < missing) this.#catchUp(conversation);
      else this.#changed(conversation, list);
      this.#tell({ kind: "late changes" });
    }, this.#graceMs);
  }

  #catchUp(conversation: string): void {
    const feed = this.feeds.get(conversation)!;
    void this.ask({ kind: "since", conversation, rev: feed.rev, seq: feed.newestSeq });
  }
}
