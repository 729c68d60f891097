// What a gateway does about events that the bus lost: changes of a room, memberships, revoked sessions. The bus here
// loses all that the gateway should hear; then it is told of the interruption, or a slow round finds it.

import { expect, test } from "bun:test";
import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { serviceLimits } from "#app/limits.ts";
import type { ConversationId, SessionId, UserId } from "#base/ids.ts";
import { hashSecret, makeToken } from "#core/accounts/token.ts";
import type { Socket, SocketPayload } from "#ports/sockets.ts";
import { codecs } from "#protocol/codecs.ts";
import { protocolVersion, type ServerFrame } from "#protocol/frames.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import { createGateway } from "#services/gateway/gateway.ts";
import { createMessaging } from "#services/messaging/messaging.ts";
import { newConversationId, newName, newSessionId } from "#tests/contract/made-up.ts";
import { messagingLimits, signUp } from "#tests/contract/messaging-service.ts";
import { SimulatedSockets } from "#tests/simulation/network.ts";
import { tinyLimits } from "#tests/simulation/server.ts";
import { SimulatedTime } from "#tests/simulation/time.ts";

const codec = codecs["banyan.v1.json"];
const secret = new Uint8Array(32).fill(7);

class KeptSocket implements Socket {
  readonly subprotocol = "banyan.v1.json";
  readonly remoteAddress = "192.0.2.1";
  readonly cookieToken = null;
  session: unknown = null;
  readonly frames: ServerFrame[] = [];
  closedWith: number | null = null;

  send(payload: SocketPayload): boolean {
    const decoded = codec.decodeServer(payload);
    if (!decoded.ok) throw new Error(decoded.refusal);
    this.frames.push(decoded.value);
    return true;
  }
  together(sends: () => void): void {
    sends();
  }
  pause(): void {}
  resume(): void {}
  subscribe(): void {}
  unsubscribe(): void {}
  close(code: number): void {
    this.closedWith = code;
  }
  kinds(): string[] {
    return this.frames.map((frame) => frame.kind);
  }
}

async function openTown(livelyCheckMs: number) {
  const time = new SimulatedTime();
  const clock = time.process();
  const ports = openMemory(new MemoryStore({ laneCount: 4, emojiPerMessageMax: 4 }));
  const failed = (error: unknown) => expect(error).toBeNull();
  const [heard, lost] = [createMemoryBus(failed), createMemoryBus(failed)];
  let interrupted = () => {};
  const messaging = createMessaging({
    log: ports.messageLog,
    store: ports.conversationStore,
    inbox: ports.inbox,
    people: ports.accounts,
    bus: lost,
    encoder: changeEncoder,
    clock,
    newConversationId,
    homeRegion: "home",
    limits: messagingLimits,
  });
  const gateway = createGateway({
    sockets: new SimulatedSockets(),
    accounts: ports.accounts,
    inbox: messaging.inbox,
    messaging,
    bus: {
      ...heard,
      listen(listener) {
        interrupted = () => listener.interrupted();
        return heard.listen(listener);
      },
    },
    presence: createMemoryPresence(clock),
    clock,
    limits: { ...serviceLimits(tinyLimits), livelyCheckMs, wholeCheckMs: 4 * livelyCheckMs },
    sessionLife: { lifeMs: 1e10, touchEveryMs: 1e9 },
    onFailure: failed,
  });
  const users = await signUp(ports, 3);
  const pass = (ms: number) => time.run(time.now() - time.startedAt + ms);
  async function come(user: UserId): Promise<{ socket: KeptSocket; session: SessionId }> {
    const session = newSessionId();
    const now = time.now();
    const lasting = { createdAt: now, lastSeenAt: now, expiresAt: now + 1e10 };
    await ports.accounts.openSession({
      user,
      session,
      device: "",
      isBot: false,
      secretHash: hashSecret(secret),
      ...lasting,
    });
    const socket = new KeptSocket();
    gateway.opened(socket);
    const token = makeToken(user, session, secret);
    gateway.received(
      socket,
      codec.encodeClient({ kind: "hello", version: protocolVersion, token }) as string,
    );
    await pass(1);
    expect(socket.kinds()).toEqual(["welcome"]);
    socket.frames.length = 0;
    return { socket, session };
  }
  return { ports, messaging, users, come, pass, interrupted: () => interrupted() };
}

test.each([
  ["an interruption", 0],
  ["a slow round", 5_000],
])(
  "[L1] after %s a gateway finds changes, memberships and revocations that it was not told",
  async (_, roundMs) => {
    const { ports, messaging, users, come, pass, interrupted } = await openTown(roundMs);
    const [ann, ben, cam] = users as [UserId, UserId, UserId];
    const group = async (others: UserId[]): Promise<ConversationId> => {
      const made = await messaging.create(ann, "group", "Group", others);
      if (!made.ok) throw new Error(made.refusal.reason);
      return made.value.id;
    };
    const [kept, left] = [await group([ben, cam]), await group([ben])];
    const [bens, cams] = [await come(ben), await come(cam)];
    const sent = await messaging.send({
      user: ann,
      conversation: kept,
      name: newName(),
      text: "a",
      again: false,
    });
    const joined = await group([ben]);
    await messaging.removeMember(ann, left, ben);
    await ports.accounts.revoke(cam, cams.session);
    await pass(200);
    expect([bens.socket.frames, cams.socket.frames]).toEqual([[], []]);
    if (roundMs === 0) interrupted();
    await pass(roundMs === 0 ? 1_500 : 5 * roundMs);
    expect(bens.socket.kinds().sort()).toEqual(["joined", "left", "pong"]);
    const pong = bens.socket.frames.find((frame) => frame.kind === "pong");
    expect(pong).toEqual({
      kind: "pong",
      heads: [{ conversation: kept, rev: sent.ok ? sent.value.rev : 0 }],
    });
    expect(bens.socket.frames.find((frame) => frame.kind === "left")).toEqual({
      kind: "left",
      conversation: left,
    });
    expect(bens.socket.frames.find((frame) => frame.kind === "joined")).toMatchObject({
      head: { conversation: joined },
    });
    expect(cams.socket.closedWith).not.toBeNull();
  },
);
