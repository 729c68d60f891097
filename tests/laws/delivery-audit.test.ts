// The delivery audit can tell a loss, tells none where there is none, and is not to be deceived by what cannot be.
// Real client libraries and the composed server on simulated time; what is told to a client is falsified on its way.

import { expect, test } from "bun:test";
import type { ClientFrame, ServerFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import { type Falsify, type Raw, Town } from "./audited-town.ts";

type Audit = Extract<ClientFrame, { kind: "audit" }>;
const silent = { ignored: 0, doubled: 0, healedMs: [] };
const minuteMs = 60_000;

/** The message `seq` never comes, in no way, and its place in the revs is taken by something else: a silent loss. */
function swallowing(seq: number): Falsify {
  const without = (changes: Extract<ServerFrame, { kind: "changes" }>["changes"]) =>
    changes.map((change) =>
      change.kind === "message" && change.seq === seq
        ? ({ kind: "conversation", rev: change.rev, title: "Group" } as const)
        : change,
    );
  return (frame) =>
    frame.kind === "changes" || frame.kind === "caughtUp"
      ? { ...frame, changes: without(frame.changes) }
      : frame;
}

test("[W37] [W38] people who chat over breaks and dropped frames: nothing is lost, everything is counted", async () => {
  const town = await Town.open(3);
  let no = 0;
  const forgetful: Falsify = (frame) => (frame.kind === "changes" && ++no % 3 === 0 ? null : frame);
  const [ann, ben, cam] = town.users;
  const [a, b] = [await town.come(ann!), await town.come(ben!, forgetful)];
  const otherDevice = await town.come(ben!);
  for (let round = 0; round < 4; round++) {
    await town.say(a.client, 15);
    await town.say(b.client, 5);
    if (round === 1) b.cut();
    if (round === 2) await town.come(cam!);
    await town.pass(minuteMs);
  }
  await town.pass(2 * minuteMs);
  const before = town.server.audit();
  expect(before).toMatchObject({ lost: 0, doubled: 0, disbelieved: 0, sessions: 4 });
  expect(before.gapsHealed).toBeGreaterThan(5);
  expect(town.healedMs.length).toBe(before.gapsHealed);
  for (const { client } of [a, b, otherDevice]) await client.stop();
  await town.pass(1_000);
  // Three who were there all the time for 80 messages, one who came for the last 20.
  expect(town.server.audit()).toMatchObject({ checked: 3 * 80 + 20, lost: 0, unchecked: 0, sessions: 1 });
  expect([town.lost, town.failures]).toEqual([[], []]);
});

test("[W39] a message that a client never shows, and believes to have, is found and named", async () => {
  const town = await Town.open(2);
  const [ann, ben] = town.users;
  const a = await town.come(ann!);
  await town.come(ben!, swallowing(7));
  await town.say(a.client, 10);
  await town.pass(5 * minuteMs);
  expect(town.lost).toMatchObject([{ conversation: town.conversation, seq: 7, count: 1 }]);
  expect(town.server.audit()).toMatchObject({ checked: 20, lost: 1, lossySessions: 1, disbelieved: 0 });
});

test("[W38] [W39] what is missing is carried over a reconnect, and to another server", async () => {
  const town = await Town.open(2);
  const [ann, ben] = town.users;
  const a = await town.come(ann!);
  const b = await town.come(ben!, swallowing(3));
  await town.say(a.client, 5);
  b.cut();
  await town.pass(10_000);
  await town.say(a.client, 5);
  town.server.crash();
  town.startServer();
  await town.pass(10_000);
  expect(town.lost).toEqual([]);
  await town.pass(6 * minuteMs);
  expect(town.lost).toMatchObject([{ seq: 3, count: 1 }]);
});

test("[W39] the newest messages are missed as well, when nothing tells of them any more", async () => {
  const town = await Town.open(2);
  const [ann, ben] = town.users;
  let isDeaf = false;
  const a = await town.come(ann!);
  await town.come(ben!, (frame) =>
    isDeaf &&
    (frame.kind === "changes" || frame.kind === "caughtUp" || (frame.kind === "pong" && frame.heads))
      ? { kind: "pong" }
      : frame,
  );
  await town.say(a.client, 4);
  isDeaf = true;
  await town.say(a.client, 2);
  await town.pass(6 * minuteMs);
  expect(town.lost).toMatchObject([{ seq: 5, count: 2 }]);
});

test("[W39] a hole that heals in time is none; one that heals too late was lost, and is told to be late", async () => {
  const town = await Town.open(2);
  const [ann, ben] = town.users;
  const a = await town.come(ann!);
  const raw = await town.raw(ben!);
  const report = (after: number, ...ranges: Audit["shown"][number]["ranges"]) =>
    raw.say({ kind: "audit", shown: [{ conversation: town.conversation, after, ranges }], ...silent });
  await town.say(a.client, 6);
  report(0, { from: 1, to: 2 }, { from: 4, to: 6 });
  await town.pass(minuteMs / 2);
  report(2, { from: 3, to: 6 });
  await town.pass(minuteMs / 2);
  await town.say(a.client, 4);
  report(6, { from: 8, to: 10 });
  await town.pass(minuteMs);
  expect(town.server.audit()).toMatchObject({ lost: 0 });
  report(6, { from: 8, to: 10 });
  await town.pass(1_000);
  expect(town.server.audit()).toMatchObject({ lost: 1, late: 0 });
  await town.pass(minuteMs);
  report(6, { from: 7, to: 10 });
  // A client reports with the first pong after its time: one beat later, where that pong was quicker than the one before.
  await town.pass(minuteMs);
  expect(town.server.audit()).toMatchObject({ lost: 1, late: 1, checked: 10 + 10, disbelieved: 0 });
});

test("[W37] who is not asked is left alone: no rate, a client that declines, a full audit", async () => {
  const none = await Town.open(2, { auditPerMille: 0 });
  expect((await none.raw(none.users[0]!, { audit: true })).welcome.auditEveryMs).toBeUndefined();
  const town = await Town.open(4, { auditPerMille: 1, auditSessionsMin: 1, auditSessionsMax: 3 });
  const asked = async (user: number, audit?: boolean) => {
    const raw = await town.raw(town.users[user]!, audit === undefined ? {} : { audit });
    return raw.welcome.auditEveryMs !== undefined;
  };
  expect(await asked(0, false)).toBe(false);
  expect(await asked(0)).toBe(true);
  expect(await asked(1, true)).toBe(true);
  expect(await asked(2, true)).toBe(true);
  expect(await asked(3, true)).toBe(false);
});

test.each<[string, (town: Town, raw: Raw) => void | Promise<void>]>([
  ["ranges that do not rise", (town, raw) => tell(town, raw, 0, [5, 6], [6, 9])],
  ["a range that ends before it begins", (town, raw) => tell(town, raw, 0, [5, 4])],
  ["a range at or below what was reported before", (town, raw) => tell(town, raw, 3, [3, 5])],
  ["numbers far beyond the head", (town, raw) => tell(town, raw, 0, [1, 1_000_000])],
  ["the largest number", (town, raw) => tell(town, raw, Number.MAX_SAFE_INTEGER)],
  [
    "counts that no client reaches",
    (_, raw) => raw.say({ kind: "audit", shown: [], ...silent, ignored: Number.MAX_SAFE_INTEGER }),
  ],
  [
    "a gap of a hundred years",
    (_, raw) => raw.say({ kind: "audit", shown: [], ...silent, healedMs: [Number.MAX_SAFE_INTEGER] }),
  ],
  [
    "frame after frame",
    async (town, raw) => {
      for (let i = 0; i <= limits.auditFramesMax; i++)
        raw.say({ kind: "audit", shown: [], ...silent, more: true });
      await town.pass(100);
    },
  ],
  [
    "numbers a little beyond the head, for long",
    async (town, raw) => {
      for (let i = 0; i < 3; i++) {
        tell(town, raw, 0, [1, 15]);
        await town.pass(minuteMs);
      }
    },
  ],
])("[W39] a lie is disbelieved, once, and hurts nobody: %s", async (_, lie) => {
  const town = await Town.open(3);
  const [ann, ben, cam] = town.users;
  const a = await town.come(ann!);
  await town.come(cam!);
  const raw = await town.raw(ben!);
  await town.say(a.client, 10);
  await lie(town, raw);
  await town.pass(100);
  expect(town.server.audit()).toMatchObject({ disbelieved: 1, lost: 0 });
  tell(town, raw, 0, [1, 1]);
  await town.pass(3 * minuteMs);
  const found = town.server.audit();
  expect(found).toMatchObject({ disbelieved: 2, lost: 0, unchecked: 0, sessions: 2 });
  // Two honest people, and what the third had said before the lie was seen through.
  expect(found.checked).toBeOneOf([20, 30]);
  expect([raw.closedWith, town.lost, town.failures]).toEqual([null, [], []]);
});

test("[W39] one session can tell of so much loss and no more", async () => {
  const town = await Town.open(2, { auditLostMax: 5 });
  const [ann, ben] = town.users;
  const a = await town.come(ann!);
  const raw = await town.raw(ben!);
  await town.say(a.client, 8);
  for (let i = 0; i < 2; i++) {
    tell(town, raw, 0, [8, 8]);
    await town.pass(minuteMs);
  }
  expect(town.server.audit()).toMatchObject({ lost: 0, disbelieved: 1 });
});

function tell(town: Town, raw: Raw, after: number, ...pairs: [number, number][]): void {
  const ranges = pairs.map(([from, to]) => ({ from, to }));
  raw.say({ kind: "audit", shown: [{ conversation: town.conversation, after, ranges }], ...silent });
}
