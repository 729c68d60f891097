// Frames and changes at the edges of MessagePack's forms: each length and number at which a form gives way to the
// next. edge-bytes.json keeps what was written for them once, whole or as a hash; it never changes, except that
// cases are added: to add one, put it here, run the test and copy what it says was written.

import type { ClientFrame, ServerFrame, WireChange } from "#protocol/frames.ts";

const conversation = "01930f2c-7d1e-7c3a-9f00-5a2b3c4d5e6f";
const highest = "ffffffff-ffff-ffff-ffff-ffffffffffff";
const zero = "00000000-0000-0000-0000-000000000000";
const name = "AAECAwQFBgc";
const at = 1_763_900_000_123;

const numbers = [
  0,
  1,
  31,
  32,
  63,
  64,
  127,
  128,
  255,
  256,
  32_767,
  32_768,
  65_535,
  65_536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 32 + 1,
  at,
  Number.MAX_SAFE_INTEGER,
];

/** A character of each length in UTF-8, and how many of them: around each border of a header. */
const characters = {
  a: "a",
  "\\u007f": "\u007f",
  "\\u00e9": "\u00e9",
  "\\u05e9": "\u05e9",
  "\\u20ac": "\u20ac",
  emoji: "\u{1F44D}",
};
const textLengths = [
  0, 1, 7, 8, 10, 11, 15, 16, 31, 32, 63, 64, 85, 86, 127, 128, 255, 256, 21_845, 21_846, 65_535, 65_536,
];
const listLengths = [0, 1, 15, 16, 17, 255, 256, 65_535, 65_536];

export type EdgeCase = { readonly title: string } & (
  | { readonly client: ClientFrame }
  | { readonly server: ServerFrame }
  | { readonly change: WireChange }
);

const message = { kind: "message" as const, rev: 1, seq: 1, author: 1, at, text: "Hello" };
const head = { conversation, rev: 70_001, lastSeq: 65_999, readSeq: 65_990, member: 12 };
const welcome = {
  kind: "welcome" as const,
  version: 1,
  user: zero,
  session: highest,
  at,
  heartbeatMs: 30_000,
};
const reaction = { emoji: "\u{1F44D}", count: 3, mine: true };

const ofNumbers: EdgeCase[] = numbers.flatMap((number) => [
  { title: `ack ${number}`, server: { kind: "ack", id: number, rev: number, seq: number, at: number } },
  { title: `pong ${number}`, server: { kind: "pong", heads: [{ conversation, rev: number }] } },
  { title: `message ${number}`, change: { ...message, rev: number, replyTo: number, deletedAt: number } },
  { title: `delete ${number}`, client: { kind: "delete", id: number, conversation: highest, seq: number } },
]);

const ofTexts: EdgeCase[] = Object.entries(characters).flatMap(([word, character]) =>
  textLengths.map((length) => ({
    title: `${length} times ${word}`,
    client: { kind: "send" as const, id: 7, conversation, name, text: character.repeat(length) },
  })),
);

const mixedTexts: EdgeCase[] = [
  "a\u00e9",
  "\uFEFFa",
  "a\uFEFF",
  `${"a".repeat(30)}\u00e9`,
  `${"a".repeat(31)}\u00e9`,
  `${"a".repeat(253)}\u20ac`,
  `${"a".repeat(254)}\u00e9`,
  `${"x".repeat(65_533)}\u{1F44D}`,
  'line\nbreak\ttab "quotes" \\ and \u0001',
  "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}",
  "\uFFFD \uFFFF \u{10FFFF}",
].map((text, i) => ({ title: `mixed text ${i}`, change: { kind: "conversation", rev: i, title: text } }));

const ofLists: EdgeCase[] = listLengths.flatMap((length) => [
  {
    title: `${length} changes`,
    server: {
      kind: "changes",
      conversation,
      changes: Array<WireChange>(length).fill({ kind: "conversation", rev: 1, title: "" }),
    },
  },
  {
    title: `${length} heads`,
    server: { ...welcome, heads: Array(length).fill(head), complete: length < 99 },
  },
  { title: `${length} reactions`, change: { ...message, reactions: Array(length).fill(reaction) } },
  { title: `${length} bytes`, server: { kind: "packed", deflated: new Uint8Array(length).fill(length) } },
]);

const ofOptionals: EdgeCase[] = [
  { title: "a message with nothing optional", change: message },
  { title: "a name", change: { ...message, name } },
  { title: "the highest name", change: { ...message, name: "__________8" } },
  { title: "an edit without a name", change: { ...message, editedAt: at } },
  { title: "reactions only", change: { ...message, reactions: [] } },
  {
    title: "absent fields that are there as undefined",
    change: { ...message, name: undefined, editedAt: undefined } as WireChange,
  },
  { title: "an unknown change", change: { kind: "unknown", rev: 300 } },
  { title: "an unknown frame", server: { kind: "unknown" } },
  { title: "no heads in a pong", server: { kind: "pong" } },
  {
    title: "more, with lists that are empty",
    client: { kind: "audit", shown: [], ignored: 0, doubled: 0, healedMs: [], more: true },
  },
  { title: "hello with audit only", client: { kind: "hello", version: 1, audit: false } },
  {
    title: "refused with a detail only",
    server: { kind: "refused", code: "bad_frame", detail: "text: not a text" },
  },
  { title: "a head inside", server: { kind: "joined", head } },
  { title: "audited", server: { ...welcome, heads: [], complete: true, auditEveryMs: 60_000 } },
  {
    title: "a member",
    change: {
      kind: "member",
      rev: 9,
      member: 300,
      user: highest,
      role: "owner",
      active: true,
      displayName: "\u05e9",
    },
  },
  {
    title: "a reaction",
    change: { kind: "reaction", rev: 9, seq: 8, member: 300, emoji: "\u{1F44D}", on: false, count: 0 },
  },
];

export const edgeCases: readonly EdgeCase[] = [
  ...ofNumbers,
  ...ofTexts,
  ...mixedTexts,
  ...ofLists,
  ...ofOptionals,
];
