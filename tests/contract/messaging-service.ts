// A messaging service on the store under test, with a listener on its bus, and with limits that tests can reach.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import type { ConversationId, UserId } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { Clock } from "#ports/clock.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Messaging } from "#ports/messaging.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import type { MessagingLimits } from "#services/messaging/limits.ts";
import { createMessaging, type MessagingService } from "#services/messaging/messaging.ts";
import { newAccount, newConversationId, nextTime } from "./made-up.ts";
import type { StorePorts } from "./store-under-test.ts";

export interface ServiceUnderTest<M extends Messaging = Messaging> {
  readonly messaging: M;
  /** Ends it in order; what comes afterwards is refused as `afterDrain`. */
  drain(): Promise<void>;
  readonly afterDrain: "draining" | "unavailable";
  /** Fulfils when what is answered without anything else having to happen has been answered. */
  answersAreHere(): Promise<void>;
  /** The changes announced of a conversation since it was followed, in order; `into`: together with others'. */
  follow(conversation: ConversationId, into?: Change[]): Change[];
}

export const messagingLimits: MessagingLimits = {
  groupMax: 8,
  conversationSendsPerSecond: 1_000,
  conversationSendsBurst: 1_000,
  groupWaitMs: 0,
  laneQueueMax: 1000,
  laneWaitMsMax: 1_000_000,
  statementsMax: 4,
  conversationsMax: 100,
  membershipsMax: 100,
  recentMessagesMax: 8,
  recentConversationsMax: 100,
  recentBytesMax: 100_000,
  settleMs: 0,
  checkEveryMs: 0,
  loadBatchMax: 10,
  loadQueueMax: 1000,
  textBytesMax: 200,
  emojiBytesMax: 32,
  titleCharsMax: 40,
  addAtOnceMax: 5,
  receiptsMembersMax: 10,
  membersMax: 8,
  cursorFlushMs: 1,
  cursorBatchMax: 10,
  cursorsWaitingMax: 100,
  overloadedRetryMs: 250,
  unavailableRetryMs: 250,
};

/** Time stands still but for the numbers it gives; what is asked to run later runs when the service drains. */
const clock: Clock = { now: nextTime, after: () => () => {} };

export interface ServiceWish {
  readonly limits?: Partial<MessagingLimits>;
  readonly log?: Partial<MessageLog>;
  readonly readTurns?: number;
}

export type OpenMessaging = (store: StorePorts, wish?: ServiceWish) => ServiceUnderTest;

export function openMessaging(store: StorePorts, wish: ServiceWish = {}): ServiceUnderTest<MessagingService> {
  const failures: unknown[] = [];
  const bus = createMemoryBus((error) => failures.push(error));
  const messaging = createMessaging({
    log: { ...boundTo(store.messageLog), ...wish.log },
    store: slowedDown(store.conversationStore, wish.readTurns ?? 0),
    inbox: store.inbox,
    people: store.accounts,
    bus,
    encoder: changeEncoder,
    clock,
    newConversationId,
    homeRegion: "home",
    limits: { ...messagingLimits, ...wish.limits },
  });
  return {
    messaging,
    drain: () => messaging.drain(),
    afterDrain: "draining",
    answersAreHere: () => new Promise((resolve) => setImmediate(resolve)),
    follow(conversation, announced = []) {
      bus.listen({
        head: () => {},
        changes: (event) => {
          if (event.conversation !== conversation) return;
          const payloads = event.encoded("banyan.v1.json") as readonly string[];
          announced.push(...payloads.map((payload): Change => JSON.parse(payload)));
        },
        state: () => {},
        user: () => {},
        interrupted: () => {},
      });
      bus.followConversation(conversation);
      return announced;
    },
  };
}

/** Facts take so many turns of the event loop longer to read. */
function slowedDown(store: ConversationStore, turns: number): ConversationStore {
  return {
    create: (...args) => store.create(...args),
    conversations: async (ids) => afterTurns(await store.conversations(ids), turns),
    memberships: async (pairs) => afterTurns(await store.memberships(pairs), turns),
    members: (...args) => store.members(...args),
    membersAt: (...args) => store.membersAt(...args),
    membersByNumber: (...args) => store.membersByNumber(...args),
    addMembers: (...args) => store.addMembers(...args),
    setMember: (...args) => store.setMember(...args),
    rename: (...args) => store.rename(...args),
    channels: (...args) => store.channels(...args),
  };
}

export async function afterTurns<T>(value: T, turns: number): Promise<T> {
  for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
  return value;
}

/** The log's methods by themselves, whether the adapter is a class or an object. */
function boundTo(log: MessageLog): MessageLog {
  return {
    laneCount: log.laneCount,
    laneOf: (...args) => log.laneOf(...args),
    append: (...args) => log.append(...args),
    edit: (...args) => log.edit(...args),
    remove: (...args) => log.remove(...args),
    react: (...args) => log.react(...args),
    since: (...args) => log.since(...args),
    newest: (...args) => log.newest(...args),
    page: (...args) => log.page(...args),
    recent: (...args) => log.recent(...args),
  };
}

/** Users with an account. */
export async function signUp(store: StorePorts, count: number): Promise<UserId[]> {
  const users: UserId[] = [];
  while (users.length < count) {
    const answer = await store.accounts.create(newAccount());
    if (!answer.ok) throw new Error(`refused: ${answer.refusal}`);
    users.push(answer.value.user);
  }
  return users;
}
