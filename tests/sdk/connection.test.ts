// The connection: greets, keeps the beat, notices silence, comes back as it was asked to.

import { expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { maxima } from "#sdk/maxima.ts";
import { settled } from "./manual-clock.ts";
import { liveScene, scene } from "./scripted-client.ts";
import { changes, head, room, said, welcome } from "./scripted-server.ts";

test("[W5] hello comes first, with version and token, and nothing else before the welcome", async () => {
  const { server, client, view } = await scene();
  expect(client.state.kind).toBe("connecting");
  server.socket.open();
  void view.send("waits");
  await settled();
  expect(server.socket.received).toMatchObject([{ kind: "hello", version: 1, token: "a token" }]);
  server.socket.tell(welcome([head(1, 0)]));
  await settled();
  expect(client.state.kind).toBe("live");
  expect(server.socket.last("send").text).toBe("waits");
});

test("what overtakes the welcome is not lost", async () => {
  const { server, texts } = await scene();
  server.socket.open();
  server.socket.tell(changes(said(2, 1)), welcome([head(1, 0)]));
  await settled();
  expect(texts()).toEqual(["m1"]);
});

test("[W26] a beat every heartbeatMs; a beat without any sign of life ends the connection", async () => {
  const { server, clock, client } = await liveScene();
  await clock.pass(limits.heartbeatMs);
  expect(server.socket.all("ping").length).toBe(1);
  server.socket.tell({ kind: "pong" });
  await clock.pass(limits.heartbeatMs);
  expect(server.socket.all("ping").length).toBe(2);
  expect(client.state.kind).toBe("live");
  await clock.pass(maxima.pongWithinMs);
  expect(client.state).toMatchObject({ kind: "waiting", reason: "silent" });
  expect(server.socket.isClosedByClient).toBe(true);
  await clock.pass(maxima.retryBaseMs);
  server.greet();
  expect(client.state.kind).toBe("live");
});

test("a command without an answer means a broken connection: reconnect, and again", async () => {
  const { server, clock, client, view } = await liveScene();
  await view.send("into a half-open connection");
  await clock.pass(maxima.answerWithinMs - 1);
  expect(client.state.kind).toBe("live");
  await clock.pass(1);
  expect(client.state.kind).toBe("waiting");
  await clock.pass(maxima.retryBaseMs);
  expect(server.greet().last("send")).toMatchObject({ again: true });
});

test("a server that does not greet in time is left", async () => {
  const { server, clock, client } = await scene();
  server.socket.open();
  await clock.pass(maxima.welcomeWithinMs);
  expect(client.state).toMatchObject({ kind: "waiting", reason: "silent" });
});

test("waits grow with failures, are spread by chance, and start small again after a steady connection", async () => {
  const waits: string[] = [];
  let longest = 0;
  for (const seed of [1, 2, 3]) {
    const { server, clock, client } = await scene({}, seed);
    const waitOfEnd = () => {
      server.socket.end();
      if (client.state.kind !== "waiting") throw new Error("not waiting");
      return client.state.retryAt - clock.now();
    };
    const seen: number[] = [];
    for (let attempt = 0; attempt < 16; attempt++) {
      const waitMs = waitOfEnd();
      const grown = maxima.retryBaseMs * maxima.retryGrowth ** attempt;
      expect(waitMs).toBeLessThanOrEqual(Math.min(maxima.retryMaxMs, grown));
      seen.push(waitMs);
      await clock.pass(waitMs);
      expect(client.state.kind).toBe("connecting");
    }
    waits.push(seen.join());
    longest = Math.max(longest, ...seen);
    server.greet();
    await clock.pass(maxima.steadyAfterMs);
    expect(waitOfEnd()).toBeLessThanOrEqual(maxima.retryBaseMs);
  }
  expect(new Set(waits).size).toBe(3);
  expect(longest).toBeGreaterThan(4 * maxima.retryBaseMs);
});

test("[W33] after drain nothing new is given, answers still count, and the way back is when the server said", async () => {
  const { server, clock, client, view } = await liveScene();
  const early = await view.send("on the way");
  const { socket } = server;
  socket.tell({ kind: "drain", reconnectAfterMs: 3000 });
  const late = await view.send("too late for this connection");
  expect(socket.all("send").length).toBe(1);
  socket.tell({ kind: "ack", id: socket.last("send").id, rev: 2, seq: 1, at: 5 });
  if (!early.ok || !late.ok) throw new Error("not named");
  expect(await view.sent(early.value)).toMatchObject({ ok: true });
  await clock.pass(500);
  socket.end(4004);
  expect(client.state).toEqual({ kind: "waiting", reason: "draining", retryAt: clock.now() + 2500 });
  client.wake();
  expect(server.sockets.length).toBe(1);
  await clock.pass(2500);
  expect(server.greet(2, 1).last("send").name).toBe(late.value);
});

test("[W8] a token that does not count ends it for good, told by frame or by close code", async () => {
  for (const how of ["frame", "code"] as const) {
    const { server, clock, client } = await scene();
    server.socket.open();
    if (how === "frame") server.socket.tell({ kind: "refused", code: "not_authenticated" });
    else server.socket.end(4001);
    expect(client.state).toEqual({ kind: "stopped", reason: "not_authenticated" });
    await clock.pass(10 * maxima.retryMaxMs);
    expect(server.sockets.length).toBe(1);
    await client.start();
    expect(server.sockets.length).toBe(2);
  }
});

test("[W8] a session revoked while live stops, and what is unsent stays in the store", async () => {
  const { server, client, store, view } = await liveScene();
  await view.send("unsent");
  server.socket.tell({ kind: "refused", code: "not_authenticated" });
  expect(client.state).toEqual({ kind: "stopped", reason: "not_authenticated" });
  expect((await store.outbox()).length).toBe(1);
});

test("[W29] a hello refused for now is tried again after the hint", async () => {
  const { server, clock, client } = await scene();
  server.socket.open();
  server.socket.tell({ kind: "refused", code: "overloaded", retryAfterMs: 1234 });
  expect(client.state).toEqual({ kind: "waiting", reason: "refused", retryAt: clock.now() + 1234 });
});

test("waking tries at once when waiting, and checks with a short patience when live", async () => {
  const { server, clock, client } = await liveScene();
  client.wake();
  expect(server.socket.all("ping").length).toBe(1);
  await clock.pass(maxima.probeWithinMs);
  expect(client.state).toMatchObject({ kind: "waiting", reason: "silent" });
  client.wake();
  expect(client.state.kind).toBe("connecting");
  expect(server.sockets.length).toBe(2);
});

test("[W14] commands in flight stay within the limit; the rest follow as answers come", async () => {
  const { server, view } = await liveScene();
  const many = Array.from({ length: limits.commandsInFlightMax + 20 }, (_, i) => i + 1);
  server.socket.tell(changes(...many.map((seq) => said(seq + 1, seq))));
  for (const seq of many) void view.react(seq as never, "👍", true);
  await settled();
  expect(server.socket.all("react").length).toBe(limits.commandsInFlightMax);
  server.socket.tell({ kind: "ack", id: server.socket.all("react")[0]!.id, rev: 200, seq: 1, at: 1 });
  await settled();
  expect(server.socket.all("react").length).toBe(limits.commandsInFlightMax + 1);
});

test("[W25] what is open is looked at, told again after a reconnect, and no longer once closed", async () => {
  const { server, clock, view } = await liveScene();
  expect(server.socket.last("look")).toMatchObject({ conversations: [room], users: [] });
  server.socket.end();
  await clock.pass(maxima.retryBaseMs);
  server.greet();
  await settled();
  expect(server.socket.last("look").conversations).toEqual([room]);
  view.close();
  await settled();
  expect(server.socket.last("look").conversations).toEqual([]);
});

test("[W24] typing is told at most every typingEveryMs, and what others type holds for typingHoldsMs", async () => {
  const { server, clock, view } = await liveScene();
  view.type();
  view.type();
  expect(server.socket.all("typing").length).toBe(1);
  await clock.pass(limits.typingEveryMs);
  view.type();
  expect(server.socket.all("typing").length).toBe(2);
  server.socket.tell({ kind: "typing", conversation: room, member: 2 });
  expect(view.typing).toEqual([2 as never]);
  await clock.pass(limits.typingHoldsMs - 1);
  expect(view.typing).toEqual([2 as never]);
  await clock.pass(1);
  expect(view.typing).toEqual([]);
  server.socket.tell({ kind: "typing", conversation: room, member: 2 });
  server.socket.tell(changes(said(2, 1)));
  expect(view.typing).toEqual([]);
});

test("[W7] joined brings a conversation into the list, left takes it out", async () => {
  const { server, client, view } = await scene();
  view.close();
  server.socket.open();
  server.socket.tell(welcome([]));
  await settled();
  expect(client.conversations.list).toEqual([]);
  server.socket.tell({ kind: "joined", head: head(1, 0) });
  await settled();
  expect(client.conversations.list).toMatchObject([{ id: room, title: "Room" }]);
  server.socket.tell({ kind: "left", conversation: room });
  await settled();
  expect(client.conversations.list).toEqual([]);
});

test("a frame that is none ends the connection, and the next one is good again", async () => {
  const { server, clock, client } = await liveScene();
  server.socket.tellBytes(new Uint8Array([0xc1, 1, 2]));
  expect(client.state.kind).toBe("waiting");
  await clock.pass(maxima.retryBaseMs);
  server.greet();
  expect(client.state.kind).toBe("live");
});

test("stopped, it leaves no timer that connects again, and may be started anew", async () => {
  const { server, clock, client } = await liveScene();
  await client.stop();
  await clock.pass(10 * maxima.retryMaxMs);
  expect(server.sockets.length).toBe(1);
  expect(server.socket.isClosedByClient).toBe(true);
  await client.start();
  server.greet();
  expect(client.state.kind).toBe("live");
});
