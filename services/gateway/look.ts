// Presence, typing and read receipts go only to sessions that have them on their screen (`look`).

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import type { ConversationState } from "#ports/event-bus.ts";
import type { Presence, PresenceState } from "#ports/presence.ts";
import type { SocketPayload } from "#ports/sockets.ts";
import type { Codec } from "#protocol/codec.ts";
import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import type { Hub } from "./hub.ts";
import type { ClientSession } from "./session.ts";

type Look = Extract<ClientFrame, { kind: "look" }>;
type Read = Extract<ConversationState, { kind: "read" }>;

export class Lookers {
  readonly #hub: Hub;
  readonly #presence: Presence;
  readonly #byConversation = new Map<ConversationId, Set<ClientSession>>();

  constructor(hub: Hub, presence: Presence) {
    this.#hub = hub;
    this.#presence = presence;
  }

  /** Replaces what the session looked at before; answers with the presence of the users named. */
  look(session: ClientSession, frame: Look): void {
    this.forget(session);
    const conversations = (frame.conversations as ConversationId[]).filter((id) =>
      this.#hub.isIn(session, id),
    );
    for (const id of conversations) this.#lookersOf(id).add(session);
    const tell = (states: readonly PresenceState[]) => tellPresence(session, states);
    const watch = this.#presence.watch(frame.users as UserId[], (state) => tell([state]));
    session.looking = { conversations, endWatch: watch.end };
    if (frame.users.length > 0) void watch.states.then(tell);
  }

  forget(session: ClientSession): void {
    if (!session.looking) return;
    session.looking.endWatch();
    for (const id of session.looking.conversations) {
      const lookers = this.#byConversation.get(id);
      lookers?.delete(session);
      if (lookers?.size === 0) this.#byConversation.delete(id);
    }
    session.looking = null;
  }

  stopLookingAt(session: ClientSession, conversation: ConversationId): void {
    this.#byConversation.get(conversation)?.delete(session);
  }

  /** Typing goes to who looks, but for the one who types; a read cursor also to the reader's own devices. */
  state(event: ConversationState): void {
    const frame = frameOf(event);
    const encoded = new Map<Codec, SocketPayload>();
    for (const session of this.#byConversation.get(event.conversation) ?? []) {
      if (session.user === event.user) continue;
      const { codec } = session;
      const payload = encoded.get(codec) ?? codec.encodeServer(frame);
      encoded.set(codec, payload);
      session.tell(payload);
    }
    if (event.kind === "read") this.readElsewhere(event);
  }

  /** A read cursor, told to the reader's own devices. */
  readElsewhere(event: Read): void {
    const frame = frameOf(event);
    for (const session of this.#hub.sessionsOf(event.user)) {
      if (session.state === "live") session.tell(session.codec.encodeServer(frame));
      else if (session.state === "greeting") noteRead(session, event.conversation, event.seq);
    }
  }

  #lookersOf(id: ConversationId): Set<ClientSession> {
    const lookers = this.#byConversation.get(id) ?? new Set();
    this.#byConversation.set(id, lookers);
    return lookers;
  }
}

function frameOf(event: ConversationState): ServerFrame {
  const { conversation, member } = event;
  return event.kind === "typing"
    ? { kind: "typing", conversation, member }
    : { kind: "read", conversation, member, seq: event.seq };
}

function noteRead(session: ClientSession, conversation: ConversationId, seq: Seq): void {
  session.readsMeanwhile ??= new Map();
  session.readsMeanwhile.set(
    conversation,
    Math.max(seq, session.readsMeanwhile.get(conversation) ?? 0) as Seq,
  );
}

function tellPresence(session: ClientSession, states: readonly PresenceState[]): void {
  session.tell(session.codec.encodeServer({ kind: "presence", users: states }));
}
