// Two gateways with a real Redis between them: one account's commands count together, and another's do not.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { systemClock } from "#adapters/bun/clock.ts";
import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { openMemory } from "#adapters/memory/open-memory.ts";
import { createMemoryPresence } from "#adapters/memory/presence.ts";
import { MemoryStore } from "#adapters/memory/store.ts";
import { openRedis, type Redis } from "#adapters/redis/connection.ts";
import { openRedisSharedCounts } from "#adapters/redis/shared-counts.ts";
import { serviceLimits, sessionLife } from "#app/limits.ts";
import { hashSecret, makeToken } from "#core/accounts/token.ts";
import type { Socket } from "#ports/sockets.ts";
import { protocolVersion } from "#protocol/frames.ts";
import { createGateway, type Gateway } from "#services/gateway/gateway.ts";
import { type RedisPart, startRedis } from "#tests/parts/redis.ts";
import { until } from "#tests/parts/until.ts";
import { tinyLimits } from "#tests/simulation/server.ts";
import { newAccount, newHash, newSession } from "./made-up.ts";
import { openMessaging } from "./messaging-service.ts";

let part: RedisPart;
let redis: Redis;
const gateways: Gateway[] = [];

beforeAll(async () => {
  part = await startRedis();
  redis = openRedis({ url: part.url, namespace: "t" });
  await until("Redis is there", () => redis.isReady());
});
afterAll(async () => {
  for (const gateway of gateways) gateway.stop();
  await redis.close();
  await part.stop();
});

type Ports = ReturnType<typeof openMemory>;

interface Answer {
  readonly kind: string;
  readonly code?: string;
  readonly retryAfterMs?: number;
}

test("[P63] an account above its rate at two gateways together is held at both, and others are not", async () => {
  const store = openMemory(new MemoryStore({ laneCount: 4, emojiPerMessageMax: 5 }));
  const [one, other] = [openGateway(store), openGateway(store)];
  const [ana, bo] = [await tokenOf(store), await tokenOf(store)];
  const [anaHere, anaThere, boThere] = [
    await enter(one, ana),
    await enter(other, ana),
    await enter(other, bo),
  ];
  for (const person of [anaHere, anaThere]) {
    let admitted = 0;
    while (person.ping().kind === "pong") admitted++;
    expect(admitted).toBeGreaterThanOrEqual(100);
  }
  const spentAt = performance.now();
  // A gateway by itself would let the next one through after 10 ms; what the other admitted costs a second.
  for (const person of [anaHere, anaThere])
    await until("it is held", () => (person.ping().retryAfterMs ?? 0) > 300);
  expect(anaHere.ping()).toMatchObject({ kind: "refused", code: "rate_limited" });
  expect(boThere.ping().kind).toBe("pong");
  await until("it may again", () => anaThere.ping().kind === "pong");
  expect(performance.now() - spentAt).toBeGreaterThan(300);
});

test("[P65] a bot has a rate of its own, shared over gateways like a person's", async () => {
  const store = openMemory(new MemoryStore({ laneCount: 4, emojiPerMessageMax: 5 }));
  const token = await tokenOf(store, true);
  const [here, there] = [await enter(openGateway(store), token), await enter(openGateway(store), token)];
  for (const bot of [here, there]) {
    for (let i = 0; i < 20; i++) expect(bot.ping().kind).toBe("pong");
    expect(bot.ping()).toMatchObject({ kind: "refused", code: "rate_limited" });
  }
  // A gateway by itself would let the next one through after 50 ms; what the other admitted costs a second.
  for (const bot of [here, there]) await until("it is held", () => (bot.ping().retryAfterMs ?? 0) > 300);
});

test("[P65] without Redis nobody is held for what others admitted, and nobody waits for it", async () => {
  const store = openMemory(new MemoryStore({ laneCount: 4, emojiPerMessageMax: 5 }));
  const person = await enter(openGateway(store), await tokenOf(store));
  await part.kill9();
  await until("noticed", () => !redis.isReady());
  while (person.ping().kind === "pong");
  await until("the bucket of this process fills again", () => person.ping().kind === "pong", 1_000);
  await part.start();
});

function openGateway(store: Ports): Gateway {
  const limits = {
    ...serviceLimits({ ...tinyLimits, commandsPerSecond: 1_000, commandsBurst: 1_000 }),
    accountCommandsPerSecond: 100,
    accountCommandsBurst: 100,
    botCommandsPerSecond: 20,
    botCommandsBurst: 20,
    accountSettleMs: 50,
    refusedInRowMax: 100_000,
  };
  const onFailure = (error: unknown) => {
    throw error;
  };
  const gateway = createGateway({
    sockets: { publish() {} },
    accounts: store.accounts,
    inbox: store.inbox,
    messaging: openMessaging(store).messaging,
    bus: createMemoryBus(onFailure),
    presence: createMemoryPresence(systemClock),
    sharedCounts: openRedisSharedCounts(redis),
    clock: systemClock,
    limits,
    sessionLife: sessionLife({ sessionDays: 90 }),
    onFailure,
  });
  gateways.push(gateway);
  return gateway;
}

async function tokenOf({ accounts }: Ports, isBot = false): Promise<string> {
  const account = newAccount();
  await accounts.create(account);
  const secret = newHash();
  const session = newSession(account.user, {
    isBot,
    secretHash: hashSecret(secret),
    expiresAt: systemClock.now() + 1e9,
  });
  await accounts.openSession(session);
  return makeToken(account.user, session.session, secret);
}

async function enter(gateway: Gateway, token: string): Promise<{ ping(): Answer }> {
  const answers: Answer[] = [];
  const socket: Socket = {
    subprotocol: "banyan.v1.json",
    remoteAddress: "",
    cookieToken: null,
    session: null,
    send(payload) {
      answers.push(JSON.parse(payload as string));
      return true;
    },
    together: (sends) => sends(),
    pause() {},
    resume() {},
    subscribe() {},
    unsubscribe() {},
    close() {},
  };
  gateway.opened(socket);
  gateway.received(socket, JSON.stringify({ kind: "hello", version: protocolVersion, token }));
  await until("welcome", () => answers.at(-1)?.kind === "welcome");
  return {
    ping() {
      gateway.received(socket, JSON.stringify({ kind: "ping" }));
      return answers.at(-1)!;
    },
  };
}
