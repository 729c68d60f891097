// Proof that SPEC.md and the golden files suffice: a client written from them alone reads every golden frame,
// keeps the rules for clients, and talks to the real server in both codecs.

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { type Codec, Feed, type Frame, fromWire, Stranger, toWire } from "./stranger-client.ts";

const folder = new URL("../../protocol/golden/", import.meta.url);
const files = readdirSync(folder)
  .filter((file) => file !== "bad.json")
  .map((file) => JSON.parse(readFileSync(new URL(file, folder), "utf8")));
const fromHex = (hex: string) => new Uint8Array(Buffer.from(hex, "hex"));

describe("golden frames", () => {
  test("[W2] a stranger writes every client frame exactly so", () => {
    for (const { cases } of files.filter(({ what }) => what === "client")) {
      for (const golden of cases) {
        expect(JSON.parse(toWire("json", golden.frame) as string)).toEqual(JSON.parse(golden.json));
        expect(fromWire("json", golden.json)).toEqual(golden.frame);
        // Large numbers may be written as integers or as floats [W3].
        if (!golden.msgpack.includes("cb4")) {
          expect(Buffer.from(toWire("msgpack", golden.frame) as Uint8Array).toString("hex")).toBe(
            golden.msgpack,
          );
        }
      }
    }
  });

  test("[W2] [W3] [W28] a stranger reads every server frame", () => {
    for (const { cases } of files.filter(({ what }) => what === "server")) {
      for (const golden of cases) {
        expect(fromWire("json", golden.json)).toEqual(golden.frame);
        expect(fromWire("msgpack", fromHex(golden.msgpack))).toEqual(golden.frame);
      }
    }
  });

  test("[W15] a stranger reads every change", () => {
    for (const { cases } of files.filter(({ what }) => what === "change")) {
      for (const golden of cases) {
        const inFrame = fromHex(`9305c41001930f2c7d1e7c3a9f005a2b3c4d5e6f91${golden.msgpack}`);
        expect(fromWire("msgpack", inFrame)!.changes).toEqual([golden.frame]);
      }
    }
  });
});

describe("rules for clients", () => {
  const message = (rev: number, seq: number, text = `no. ${seq}`): Frame => ({
    kind: "message",
    rev,
    seq,
    author: 1,
    at: 1,
    text,
    name: "AAECAwQFBgc",
  });
  const reaction = (rev: number, member: number, on: boolean, count: number): Frame => ({
    kind: "reaction",
    rev,
    seq: 1,
    member,
    emoji: "👍",
    on,
    count,
  });

  test("[W16] last + 1 is applied, what is not newer is ignored, what is further ahead is a gap", () => {
    const feed = new Feed(0, 2);
    expect(feed.changes([message(1, 1), message(2, 2)])).toBe(true);
    expect(feed.changes([message(1, 1, "stale")])).toBe(true);
    expect(feed.messages.get(1)!.text).toBe("no. 1");
    expect(feed.changes([message(4, 4)])).toBe(false);
    expect(feed.rev).toBe(2);
    expect(feed.changes([message(3, 3), message(4, 4)])).toBe(true);
    expect(feed.rev).toBe(4);
  });

  test("[W18] a caughtUp applies every row and takes the answer's rev", () => {
    const feed = new Feed(0, 2);
    feed.changes([message(1, 1)]);
    feed.caughtUp({
      kind: "caughtUp",
      rev: 9,
      lastSeq: 2,
      reset: false,
      changes: [message(8, 1, "edited"), message(9, 2)],
    });
    expect([feed.rev, feed.messages.get(1)!.text, feed.newestSeq]).toEqual([9, "edited", 2]);
  });

  test("[W21] a reaction is not applied to a message whose own rev is as new", () => {
    const feed = new Feed(0, 2);
    const reactions = [{ emoji: "👍", count: 2, mine: true }];
    feed.caughtUp({
      kind: "caughtUp",
      rev: 4,
      lastSeq: 1,
      reset: false,
      changes: [{ ...message(6, 1), reactions }],
    });
    feed.changes([reaction(5, 3, true, 1), reaction(6, 2, true, 2)]);
    expect(feed.messages.get(1)!.reactions).toEqual(reactions);
    feed.changes([reaction(7, 2, false, 1)]);
    expect(feed.messages.get(1)!.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
    feed.changes([reaction(8, 3, false, 0)]);
    expect(feed.messages.get(1)!.reactions).toEqual([]);
  });

  test("[W34] a change of an unknown kind counts its rev, a frame of an unknown kind is nothing", () => {
    const frame = fromWire("msgpack", fromHex("9305c41001930f2c7d1e7c3a9f005a2b3c4d5e6f9193180ba13f"))!;
    const feed = new Feed(10, 1);
    expect(feed.changes(frame.changes)).toBe(true);
    expect(feed.rev).toBe(11);
    expect(fromWire("msgpack", fromHex("926301"))).toBeNull();
  });
});

describe("against the real server", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  }, startWithinMs);
  afterAll(() => server.stop(), startWithinMs);

  const post = async (path: string, body: unknown, token?: string): Promise<any> => {
    const headers = {
      "content-type": "application/json",
      ...(token ? { authorization: `Bearer ${token}` } : {}),
    };
    const response = await fetch(`${server.url}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(body),
    });
    return response.json();
  };
  const nameOf = (i: number) => Buffer.from([1, 2, 3, 4, 5, 6, 7, i]).toString("base64url");
  const shown = (stranger: Stranger, id: string) =>
    [...stranger.feeds.get(id)!.messages.values()]
      .sort((a, b) => a.seq - b.seq)
      .map(({ seq, text, author, reactions }) => ({ seq, text, author, reactions }));

  function until(stranger: Stranger, isSo: () => boolean): Promise<void> {
    return new Promise((so, failed) => {
      const late = setTimeout(() => failed(new Error("it did not become so within 5 s")), 5_000);
      const look = () => {
        if (!isSo()) return;
        clearTimeout(late);
        stop();
        so();
      };
      const stop = stranger.on(look);
      look();
    });
  }

  for (const [codec, other] of [
    ["json", "msgpack"],
    ["msgpack", "json"],
  ] satisfies [Codec, Codec][]) {
    test(`[W11] [W16] [W27] two strangers agree, the second one (${other}) though half its frames are lost`, async () => {
      const password = "correct battery 17";
      const ada = await post("/v1/accounts", { handle: `ada-${codec}`, password });
      const bob = await post("/v1/accounts", { handle: `bob-${codec}`, password });
      const wish = { kind: "group", title: "Strangers", users: [bob.account.user] };
      const { conversation: id } = await post("/v1/conversations", wish, ada.token);
      const first = await Stranger.connect(server.url, codec, ada.token);
      const second = await Stranger.connect(server.url, other, bob.token);
      let seen = 0;
      second.lose = (frame) => frame.kind === "changes" && ++seen % 2 === 0;
      await until(second, () => second.feeds.has(id));
      await until(first, () => first.feeds.has(id));

      for (let i = 1; i <= 20; i++) {
        const ack = await first.send(id, `message ${i} שלום 👋`, nameOf(i));
        expect(ack).toMatchObject({ kind: "ack", seq: i });
      }
      await first.ask({ kind: "edit", conversation: id, seq: 3, text: "edited" });
      await first.ask({ kind: "delete", conversation: id, seq: 4 });
      const react = await second.ask({ kind: "react", conversation: id, seq: 5, emoji: "👍", on: true });

      await until(first, () => first.feeds.get(id)!.rev === react.rev);
      second.say({ kind: "ping" });
      await until(second, () => second.feeds.get(id)!.rev === react.rev);
      expect(seen).toBeGreaterThan(5);
      const adas = shown(first, id);
      expect(adas).toHaveLength(20);
      expect(adas[2]!.text).toBe("edited");
      expect(adas[3]!.text).toBe("");
      expect(adas[4]!.reactions).toEqual([{ emoji: "👍", count: 1, mine: false }]);
      adas[4]!.reactions = [{ emoji: "👍", count: 1, mine: true }];
      expect(shown(second, id)).toEqual(adas);
      first.close();
      second.close();
    }, 20_000);
  }
});
