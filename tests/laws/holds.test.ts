// A session that was told to wait and goes on: each of its sends is refused once, with a time, none is let through
// before its time, and it is soon not read at all; one that listens notices nothing of this.

import { expect, test } from "bun:test";
import type { Clock } from "#ports/clock.ts";
import type { Socket, SocketPayload } from "#ports/sockets.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import { Holds } from "#services/gateway/holds.ts";
import { ClientSession } from "#services/gateway/session.ts";
import { SimulatedTime } from "#tests/simulation/time.ts";

const codec = codecs["banyan.v1.msgpack"];
type Refused = Extract<ServerFrame, { kind: "refused" }>;

function openSession(clock: Clock) {
  const refused: Refused[] = [];
  let [isPaused, pauses, writes] = [false, 0, 0];
  const socket: Socket = {
    subprotocol: codec.subprotocol,
    remoteAddress: "",
    cookieToken: null,
    session: null,
    send(payload) {
      const decoded = codec.decodeServer(payload);
      if (decoded.ok) refused.push(decoded.value as Refused);
      return decoded.ok;
    },
    together(sends) {
      writes++;
      sends();
    },
    pause() {
      isPaused = true;
      pauses++;
    },
    resume() {
      isPaused = false;
    },
    subscribe() {},
    unsubscribe() {},
    close() {},
  };
  const session = new ClientSession(socket, codec, 1);
  session.state = "live";
  const isHeld = () => clock.now() < session.heldUntil;
  return { session, refused, isHeld, isPaused: () => isPaused, counts: () => ({ pauses, writes }) };
}

const send = (id: number): SocketPayload =>
  codec.encodeClient({
    kind: "send",
    id,
    conversation: "01234567-89ab-7def-8123-456789abcdef",
    name: "AAAAAAAAAAA",
    text: "more",
  });

test("[W29] [W30] who goes on while held gets every send refused once, in few writes, and is read seldom", async () => {
  const time = new SimulatedTime();
  const clock = time.process();
  const holds = new Holds(clock);
  const { session, refused, isHeld, isPaused, counts } = openSession(clock);
  const told = holds.hold(session, 500);
  expect(told).toBeGreaterThanOrEqual(500);
  expect(told).toBeLessThanOrEqual(1_000);
  // One send each 10 ms; what is not read waits, as in a socket.
  const unread: number[] = [];
  const given: number[] = [];
  let through = 0;
  let whilePaused = 0;
  for (let id = 1; id * 10 < told + 200; id++) {
    time.after(id * 10, () => {
      unread.push(id);
      if (isPaused()) return void whilePaused++;
      for (const next of unread.splice(0)) {
        if (isHeld() && holds.refusesSend(session, send(next))) given.push(next);
        else through++;
      }
    });
  }
  await time.run(5_000);
  expect(refused.map(({ id }) => id!)).toEqual(given);
  expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(["overloaded"]));
  for (const { retryAfterMs } of refused) expect(retryAfterMs!).toBeGreaterThan(0);
  // All that was sent before its time was refused, also what was read late.
  expect(given.length).toBe(Math.ceil(told / 10) - 1);
  expect(through).toBeGreaterThan(0);
  expect(whilePaused).toBeGreaterThan(given.length / 2);
  expect(counts()).toEqual({ pauses: 1, writes: expect.any(Number) });
  expect(counts().writes).toBeLessThan(given.length / 5);
  expect(isPaused()).toBe(false);
});

test("[W30] what was under way when the session was held is refused, and neither prolongs the hold nor stops reading", async () => {
  const time = new SimulatedTime();
  const clock = time.process();
  const holds = new Holds(clock);
  const { session, refused, counts } = openSession(clock);
  const told = holds.hold(session, 500);
  const until = session.heldUntil;
  time.after(20, () => expect(holds.hold(session, 500)).toBe(told - 20));
  for (const id of [1, 2, 3]) expect(holds.refusesSend(session, send(id))).toBe(true);
  expect(holds.refusesSend(session, codec.encodeClient({ kind: "ping" }))).toBe(false);
  await time.run(400);
  expect(session.heldUntil).toBe(until);
  expect(refused.map(({ id }) => id!)).toEqual([1, 2, 3]);
  expect(counts()).toEqual({ pauses: 0, writes: 1 });
});

test("[W30] holds of many sessions end evenly over a time, not in one moment", () => {
  const clock = new SimulatedTime().process();
  const holds = new Holds(clock);
  const waits = Array.from({ length: 100 }, () => holds.hold(openSession(clock).session, 500));
  const inTenths = waits.map((ms) => Math.min(9, Math.floor((ms - 500) / 50)));
  for (let tenth = 0; tenth < 10; tenth++)
    expect(inTenths.filter((each) => each === tenth).length).toBeLessThanOrEqual(13);
});
