// What the hub costs by itself for a change to a room: index, encoding and calls, with sockets that do nothing.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import type { ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import { textOf } from "#bench/driver/dialect.ts";
import type { Figures } from "#bench/journey.ts";
import type { Change } from "#core/messages/message.ts";
import type { Clock } from "#ports/clock.ts";
import type { Socket } from "#ports/sockets.ts";
import { codecs } from "#protocol/codecs.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import { Hub } from "#services/gateway/hub.ts";
import { ClientSession } from "#services/gateway/session.ts";
import { bestUs } from "./timing.ts";

const calls = 2000;
const conversation = "01234567-89ab-7def-8123-456789abcdef" as ConversationId;

export function fanOutFigures(): Figures {
  return {
    "micro.hub.fanOut100Us": fanOutUs(100),
    "micro.hub.fanOut1000Us": fanOutUs(1000),
  };
}

function fanOutUs(members: number): number {
  // An hour between two changes: the room is quiet and nothing is gathered.
  let now = 0;
  const clock: Clock = { now: () => now, after: () => () => {} };
  const limits = { topicSessionsMin: Number.POSITIVE_INFINITY, topicQuietMs: 1000, gatherMsMax: 50 };
  const hub = new Hub(
    { publish() {} },
    createMemoryBus(() => {}),
    clock,
    limits,
  );
  for (let i = 0; i < members; i++) {
    const session = new ClientSession(deafSocket(), codecs["banyan.v1.msgpack"], 100);
    session.user = `user ${i}` as UserId;
    session.state = "live";
    hub.enter(session, [conversation]);
  }
  return bestUs(calls, (i) => {
    now += 3_600_000;
    hub.changed(changeEncoder.encode(conversation, [changeNo(i)]));
  });
}

function changeNo(i: number): Change {
  return {
    kind: "message",
    rev: (i + 9) as Rev,
    seq: (i + 1) as Seq,
    author: 1 as MemberNo,
    at: 1_767_225_600_000,
    text: textOf(7),
    name: "AAAAAAAAAAA" as MessageName,
  };
}

function deafSocket(): Socket {
  return {
    subprotocol: "banyan.v1.msgpack",
    remoteAddress: "127.0.0.1",
    cookieToken: null,
    session: null,
    send: () => true,
    together: (sends) => sends(),
    pause() {},
    resume() {},
    subscribe() {},
    unsubscribe() {},
    close() {},
  };
}
