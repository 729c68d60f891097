// The frames of protocol version 1: one table from which both codecs, their checks and SPEC.md's tables come.
// Order is the wire's order: new optional fields go to the end, nothing is moved or taken away.

import { limits } from "./limits.ts";
import { choice, record } from "./wire-records.ts";
import { blob, bool, int, list, name, optional, text, uuid, type ValueOf } from "./wire-types.ts";

export const protocolVersion = 1;
/** WebSocket subprotocols, in the server's order of preference. */
export const subprotocols = ["banyan.v1.msgpack", "banyan.v1.json"] as const;
export type Subprotocol = (typeof subprotocols)[number];

const many = 1_000_000;

/** One emoji under a message: how many members chose it, and whether the reader is one of them. */
export const reaction = record("reaction", { emoji: text, count: int, mine: bool });

/**
 * The state of one changed row. `message` is a new, edited or deleted message, told apart by its optional
 * fields; `reactions` stands only in answers to one reader (`caughtUp`, history), absent means "as before".
 */
export const change = choice("change", {
  message: {
    no: 0,
    type: record("message", {
      rev: int,
      seq: int,
      author: int,
      at: int,
      text,
      name: optional(name),
      replyTo: optional(int),
      editedAt: optional(int),
      deletedAt: optional(int),
      reactions: optional(list(reaction, many)),
    }),
  },
  reaction: {
    no: 1,
    type: record("reaction", { rev: int, seq: int, member: int, emoji: text, on: bool, count: int }),
  },
  member: {
    no: 2,
    type: record("member", {
      rev: int,
      member: int,
      user: uuid,
      role: text,
      active: bool,
      displayName: text,
    }),
  },
  conversation: { no: 3, type: record("conversation", { rev: int, title: text }) },
  /** What a reader makes of a kind that it does not know: only the rev, which comes first in every kind. */
  unknown: { no: -1, type: record("unknown", { rev: int }) },
});

/** Where a conversation stands: its newest change, its newest message, and the reader's own cursor and number. */
export const head = record("head", { conversation: uuid, rev: int, lastSeq: int, readSeq: int, member: int });
export const beat = record("beat", { conversation: uuid, rev: int });
export const presence = record("presence", { user: uuid, online: bool, lastSeenAt: optional(int) });

/** Numbers of messages that were shown, both ends included. */
export const range = record("range", { from: int, to: int });
/** What a session answers for in one conversation: everything up to `after` was told before, then `ranges`. */
export const shown = record("shown", {
  conversation: uuid,
  after: int,
  ranges: list(range, limits.auditRangesMax),
});

export const clientFrame = choice("client frame", {
  hello: {
    no: 1,
    type: record("hello", {
      version: int,
      token: optional(text),
      agent: optional(text),
      audit: optional(bool),
    }),
  },
  ping: { no: 2, type: record("ping", {}) },
  send: {
    no: 3,
    type: record("send", {
      id: int,
      conversation: uuid,
      name,
      text,
      replyTo: optional(int),
      again: optional(bool),
    }),
  },
  edit: { no: 4, type: record("edit", { id: int, conversation: uuid, seq: int, text }) },
  delete: { no: 5, type: record("delete", { id: int, conversation: uuid, seq: int }) },
  react: { no: 6, type: record("react", { id: int, conversation: uuid, seq: int, emoji: text, on: bool }) },
  since: { no: 7, type: record("since", { id: int, conversation: uuid, rev: int, seq: int }) },
  read: { no: 8, type: record("read", { conversation: uuid, seq: int }) },
  typing: { no: 9, type: record("typing", { conversation: uuid }) },
  look: {
    no: 10,
    type: record("look", {
      conversations: list(uuid, limits.lookConversationsMax),
      users: list(uuid, limits.lookUsersMax),
    }),
  },
  audit: {
    no: 11,
    type: record("audit", {
      shown: list(shown, limits.auditConversationsMax),
      ignored: int,
      doubled: int,
      healedMs: list(int, limits.auditGapsMax),
      more: optional(bool),
    }),
  },
});

export const serverFrame = choice("server frame", {
  welcome: {
    no: 1,
    type: record("welcome", {
      version: int,
      user: uuid,
      session: uuid,
      at: int,
      heartbeatMs: int,
      heads: list(head, many),
      complete: bool,
      auditEveryMs: optional(int),
    }),
  },
  pong: { no: 2, type: record("pong", { heads: optional(list(beat, many)) }) },
  ack: { no: 3, type: record("ack", { id: int, rev: int, seq: int, at: int }) },
  refused: {
    no: 4,
    type: record("refused", {
      code: text,
      id: optional(int),
      retryAfterMs: optional(int),
      detail: optional(text),
    }),
  },
  changes: { no: 5, type: record("changes", { conversation: uuid, changes: list(change, many) }) },
  caughtUp: {
    no: 6,
    type: record("caughtUp", {
      id: int,
      conversation: uuid,
      rev: int,
      lastSeq: int,
      reset: bool,
      changes: list(change, many),
    }),
  },
  read: { no: 7, type: record("read", { conversation: uuid, member: int, seq: int }) },
  typing: { no: 8, type: record("typing", { conversation: uuid, member: int }) },
  presence: { no: 9, type: record("presence", { users: list(presence, many) }) },
  joined: { no: 10, type: record("joined", { head }) },
  left: { no: 11, type: record("left", { conversation: uuid }) },
  drain: { no: 12, type: record("drain", { reconnectAfterMs: int }) },
  packed: { no: 13, type: record("packed", { deflated: blob }) },
  /** What a client makes of a kind that it does not know: nothing. */
  unknown: { no: -1, type: record("unknown", {}) },
});

export type WireChange = ValueOf<typeof change>;
export type WireHead = ValueOf<typeof head>;
export type ClientFrame = ValueOf<typeof clientFrame>;
export type ServerFrame = ValueOf<typeof serverFrame>;
