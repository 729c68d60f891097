// The cases that protocol/golden/ keeps as files: frames in their logical form (which is their JSON form),
// by direction and kind. write-golden.ts adds the two encodings. What has once been written there never
// changes: a new case goes to the end, a new optional field gets cases of its own.

const general = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
const direct = "9b1deb4d-3b7d-8bad-8bdd-2b0d7b3dcb6d";
const ada = "01930f2c-0001-7000-8000-00000000000a";
const bob = "01930f2c-0002-7000-8000-00000000000b";
const session = "01930f2c-0003-7000-8000-0000000000c0";
const name = "AAECAwQFBgc";
const otherName = "_-_-_-_-_-8";
const at = 1_763_900_000_123;
const token = "bt1_AZMPLAABcACAAAAAAAAACgGTDywAA3AAgAAAAAAAAMAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHw";
const family = "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}\u200D\u{1F466}";
const hebrew = "\u05E9\u05DC\u05D5\u05DD \u05E2\u05D5\u05DC\u05DD";
const arabic = "\u0645\u0631\u062D\u0628\u0627 \u2066Banyan\u2069";
const safeMax = Number.MAX_SAFE_INTEGER;

export interface Case {
  readonly title: string;
  /** A frame's JSON form without `kind`. */
  readonly fields: Readonly<Record<string, unknown>>;
}
type Cases = Readonly<Record<string, readonly Case[]>>;

export const clientCases: Cases = {
  hello: [
    { title: "with a token", fields: { version: 1, token, agent: "example/1.0" } },
    { title: "with a token, no agent", fields: { version: 1, token } },
    { title: "with a cookie: neither token nor agent", fields: { version: 1 } },
    { title: "an agent but no token", fields: { version: 1, agent: "browser/1.0" } },
    { title: "a version that does not exist yet", fields: { version: 70_000 } },
    { title: "offers to be audited", fields: { version: 1, token, audit: true } },
    { title: "with a cookie, not to be audited", fields: { version: 1, agent: "browser/1.0", audit: false } },
  ],
  ping: [{ title: "empty", fields: {} }],
  send: [
    { title: "a plain message", fields: { id: 1, conversation: general, name, text: "Hello" } },
    { title: "a reply", fields: { id: 2, conversation: general, name, text: "Yes.", replyTo: 70_000 } },
    {
      title: "sent again after a reconnect",
      fields: { id: 3, conversation: general, name, text: "Hello", again: true },
    },
    {
      title: "again is false and no reply",
      fields: { id: 4, conversation: direct, name: otherName, text: "x", again: false },
    },
    { title: "emoji made of seven code points", fields: { id: 5, conversation: direct, name, text: family } },
    { title: "right-to-left text", fields: { id: 6, conversation: direct, name, text: hebrew } },
    { title: "mixed directions with isolates", fields: { id: 7, conversation: direct, name, text: arabic } },
    {
      title: "quotes, line breaks, tabs, markup and SQL are only text",
      fields: { id: 8, conversation: direct, name, text: `"\\\n\t<b>&amp;</b>'; drop table messages; --` },
    },
    { title: "a text of 31 bytes", fields: { id: 9, conversation: direct, name, text: "a".repeat(31) } },
    { title: "a text of 32 bytes", fields: { id: 10, conversation: direct, name, text: "a".repeat(32) } },
    { title: "a text of 256 bytes", fields: { id: 11, conversation: direct, name, text: "a".repeat(256) } },
    {
      title: "an id above 32 bits",
      fields: { id: 4_294_967_296, conversation: direct, name, text: "big", replyTo: safeMax, again: true },
    },
  ],
  edit: [
    { title: "a plain edit", fields: { id: 12, conversation: general, seq: 7, text: "Hello!" } },
    { title: "a large number", fields: { id: 65_536, conversation: general, seq: 1_000_000, text: hebrew } },
  ],
  delete: [
    { title: "a plain delete", fields: { id: 13, conversation: general, seq: 7 } },
    { title: "a large number", fields: { id: 127, conversation: general, seq: 4_294_967_295 } },
  ],
  react: [
    { title: "put", fields: { id: 14, conversation: general, seq: 7, emoji: "\u{1F44D}", on: true } },
    {
      title: "taken back",
      fields: { id: 128, conversation: general, seq: 7, emoji: "\u2764\uFE0F", on: false },
    },
    {
      title: "an emoji of 25 bytes",
      fields: { id: 255, conversation: general, seq: 128, emoji: family, on: true },
    },
  ],
  since: [
    { title: "from nothing", fields: { id: 15, conversation: general, rev: 0, seq: 0 } },
    { title: "from rev 70,001", fields: { id: 256, conversation: general, rev: 70_001, seq: 65_999 } },
  ],
  read: [
    { title: "up to 7", fields: { conversation: general, seq: 7 } },
    { title: "up to 1,000,000", fields: { conversation: direct, seq: 1_000_000 } },
  ],
  typing: [{ title: "in a conversation", fields: { conversation: general } }],
  look: [
    { title: "at nothing", fields: { conversations: [], users: [] } },
    { title: "at one conversation", fields: { conversations: [general], users: [] } },
    { title: "at users only", fields: { conversations: [], users: [ada, bob] } },
    { title: "at both", fields: { conversations: [general, direct], users: [ada] } },
  ],
  audit: [
    { title: "nothing new", fields: { shown: [], ignored: 0, doubled: 0, healedMs: [] } },
    {
      title: "two conversations, one of them with holes",
      fields: {
        shown: [
          {
            conversation: general,
            after: 65_990,
            ranges: [
              { from: 65_991, to: 65_995 },
              { from: 65_997, to: 65_997 },
              { from: 65_999, to: 70_000 },
            ],
          },
          { conversation: direct, after: 0, ranges: [] },
        ],
        ignored: 3,
        doubled: 0,
        healedMs: [320, 70_000],
      },
    },
    {
      title: "a report that goes on, the largest numbers",
      fields: {
        shown: [{ conversation: direct, after: 0, ranges: [{ from: 1, to: safeMax }] }],
        ignored: safeMax,
        doubled: safeMax,
        healedMs: [0],
        more: true,
      },
    },
  ],
};

const heads = [
  { conversation: general, rev: 70_001, lastSeq: 65_999, readSeq: 65_990, member: 12 },
  { conversation: direct, rev: 0, lastSeq: 0, readSeq: 0, member: 1 },
];
const message = { rev: 70_002, seq: 66_000, author: 12, at, text: "Hello", name };

export const changeCases: Cases = {
  message: [
    { title: "a new message", fields: message },
    { title: "without a name", fields: { rev: 1, seq: 1, author: 1, at, text: "first" } },
    { title: "a reply", fields: { ...message, replyTo: 65_000 } },
    { title: "edited", fields: { ...message, text: "Hello!", editedAt: at + 5_000 } },
    { title: "deleted: a tombstone", fields: { ...message, text: "", deletedAt: at + 9_000 } },
    {
      title: "edited, then deleted, a reply",
      fields: { ...message, text: "", replyTo: 1, editedAt: at + 1, deletedAt: at + 2 },
    },
    {
      title: "with reactions",
      fields: {
        ...message,
        reactions: [
          { emoji: "\u{1F44D}", count: 3, mine: true },
          { emoji: family, count: 1, mine: false },
        ],
      },
    },
    { title: "an empty list of reactions", fields: { ...message, reactions: [] } },
    { title: "right-to-left text", fields: { ...message, text: arabic } },
    {
      title: "the largest numbers",
      fields: { ...message, rev: safeMax, seq: safeMax, author: 4_294_967_295 },
    },
    { title: "150 bytes of text", fields: { ...message, text: "The tree. ".repeat(15) } },
  ],
  reaction: [
    {
      title: "put",
      fields: { rev: 70_003, seq: 66_000, member: 12, emoji: "\u{1F44D}", on: true, count: 4 },
    },
    {
      title: "taken back",
      fields: { rev: 70_004, seq: 66_000, member: 200, emoji: family, on: false, count: 0 },
    },
  ],
  member: [
    {
      title: "joined",
      fields: { rev: 3, member: 3, user: ada, role: "member", active: true, displayName: "Ada" },
    },
    {
      title: "left",
      fields: { rev: 4, member: 3, user: ada, role: "member", active: false, displayName: "" },
    },
    {
      title: "became owner, a name in Hebrew",
      fields: { rev: 65_536, member: 70_000, user: bob, role: "owner", active: true, displayName: hebrew },
    },
  ],
  conversation: [
    { title: "a title", fields: { rev: 5, title: "The tree" } },
    { title: "an empty title", fields: { rev: 6, title: "" } },
  ],
};

const newest = { kind: "message", ...message };
const reacted = {
  kind: "reaction",
  rev: 70_003,
  seq: 66_000,
  member: 12,
  emoji: "\u{1F44D}",
  on: true,
  count: 4,
};
const joinedRow = {
  kind: "member",
  rev: 70_004,
  member: 13,
  user: bob,
  role: "member",
  active: true,
  displayName: "Bob",
};
const renamed = { kind: "conversation", rev: 70_005, title: "The tree" };

export const serverCases: Cases = {
  welcome: [
    {
      title: "two conversations",
      fields: { version: 1, user: ada, session, at, heartbeatMs: 30_000, heads, complete: true },
    },
    {
      title: "no conversations",
      fields: { version: 1, user: ada, session, at, heartbeatMs: 30_000, heads: [], complete: true },
    },
    {
      title: "more conversations than it tells",
      fields: { version: 1, user: ada, session, at, heartbeatMs: 30_000, heads, complete: false },
    },
    {
      title: "asks to be told what is shown",
      fields: {
        version: 1,
        user: ada,
        session,
        at,
        heartbeatMs: 30_000,
        heads,
        complete: true,
        auditEveryMs: 60_000,
      },
    },
  ],
  pong: [
    { title: "nothing changed", fields: {} },
    {
      title: "two conversations changed",
      fields: {
        heads: [
          { conversation: general, rev: 70_001 },
          { conversation: direct, rev: 1 },
        ],
      },
    },
    { title: "an empty list", fields: { heads: [] } },
  ],
  ack: [
    { title: "of a send", fields: { id: 1, rev: 70_002, seq: 66_000, at } },
    { title: "the first of a conversation", fields: { id: 2, rev: 1, seq: 1, at } },
    { title: "the largest numbers", fields: { id: safeMax, rev: safeMax, seq: safeMax, at: safeMax } },
  ],
  refused: [
    { title: "of a command", fields: { code: "unknown_conversation", id: 3 } },
    { title: "with a time to wait", fields: { code: "rate_limited", id: 4, retryAfterMs: 1_500 } },
    { title: "of a frame, with a detail", fields: { code: "bad_frame", detail: "text: not a text" } },
    { title: "of the connection", fields: { code: "not_authenticated" } },
    {
      title: "all fields",
      fields: { code: "overloaded", id: 5, retryAfterMs: 200, detail: "the queue is full" },
    },
    { title: "a code that this version does not know", fields: { code: "out_of_tea", id: 6 } },
  ],
  changes: [
    { title: "one message", fields: { conversation: general, changes: [newest] } },
    {
      title: "one of each",
      fields: { conversation: general, changes: [newest, reacted, joinedRow, renamed] },
    },
    {
      title: "sixteen messages: a list header of three bytes",
      fields: {
        conversation: general,
        changes: Array.from({ length: 16 }, (_, i) => ({
          ...newest,
          rev: 1 + i,
          seq: 1 + i,
          text: `no. ${i + 1}`,
        })),
      },
    },
    { title: "no changes", fields: { conversation: general, changes: [] } },
  ],
  caughtUp: [
    {
      title: "two rows",
      fields: {
        id: 15,
        conversation: general,
        rev: 70_005,
        lastSeq: 66_000,
        reset: false,
        changes: [{ ...newest, reactions: [{ emoji: "\u{1F44D}", count: 4, mine: true }] }, renamed],
      },
    },
    {
      title: "nothing new",
      fields: { id: 16, conversation: general, rev: 70_005, lastSeq: 66_000, reset: false, changes: [] },
    },
    {
      title: "too far behind",
      fields: { id: 17, conversation: general, rev: 1_000_000, lastSeq: 900_000, reset: true, changes: [] },
    },
  ],
  read: [{ title: "a member read", fields: { conversation: general, member: 12, seq: 66_000 } }],
  typing: [{ title: "a member types", fields: { conversation: general, member: 200 } }],
  presence: [
    {
      title: "one online, one gone, one unknown",
      fields: {
        users: [
          { user: ada, online: true },
          { user: bob, online: false, lastSeenAt: at },
          { user: session, online: false },
        ],
      },
    },
    { title: "nobody", fields: { users: [] } },
  ],
  joined: [{ title: "a conversation", fields: { head: heads[0] } }],
  left: [{ title: "a conversation", fields: { conversation: general } }],
  drain: [
    { title: "come back in 1.5 s", fields: { reconnectAfterMs: 1_500 } },
    { title: "come back at once", fields: { reconnectAfterMs: 0 } },
  ],
};
