// Puts the services of one process together over whatever adapters are handed in. Real processes and the
// simulation use the same function, so that what is simulated is what runs.

import { type ConversationId, uuidV7 } from "#base/ids.ts";
import type { SessionLife } from "#core/accounts/session.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { Chance } from "#ports/chance.ts";
import type { Clock } from "#ports/clock.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Outbox } from "#ports/outbox.ts";
import type { Presence } from "#ports/presence.ts";
import type { SharedCounts } from "#ports/rate-limits.ts";
import type { Sockets } from "#ports/sockets.ts";
import type { AuditEvents } from "#services/gateway/audit.ts";
import { changeEncoder } from "#services/gateway/encode-changes.ts";
import { createGateway, type Gateway, type GatewayLimits } from "#services/gateway/gateway.ts";
import type { MessagingLimits } from "#services/messaging/limits.ts";
import { createMessaging, type MessagingService } from "#services/messaging/messaging.ts";
import { startWorker, type Worker, type WorkerNeeds } from "#services/worker/worker.ts";

export interface Stores {
  readonly messageLog: MessageLog;
  readonly conversationStore: ConversationStore;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly accounts: Accounts;
}

export interface ComposeNeeds {
  readonly stores: Stores;
  readonly bus: EventBus;
  readonly presence: Presence;
  /** Where other gateways serve the same accounts. */
  readonly sharedCounts?: SharedCounts;
  readonly sockets: Sockets;
  readonly clock: Clock;
  readonly chance: Chance;
  readonly limits: MessagingLimits & GatewayLimits;
  /** Where the worker reads what happened, and where it puts what it cannot handle. */
  readonly durable: Pick<WorkerNeeds, "stream" | "deadLetters" | "relay">;
  readonly homeRegion: string;
  readonly sessionLife: SessionLife;
  readonly auditEvents?: AuditEvents;
  readonly onFailure: (error: unknown) => void;
  /** False while the disk is full. */
  readonly mayWrite?: () => boolean;
}

export interface Composed {
  readonly messaging: MessagingService;
  readonly gateway: Gateway;
  readonly worker: Worker;
}

/** All services in one process, each with the others at hand. */
export function compose(needs: ComposeNeeds): Composed {
  const messaging = composeMessaging(needs);
  const gateway = composeGateway(needs, messaging, messaging.inbox);
  return { messaging, gateway, worker: composeWorker(needs) };
}

export function composeMessaging(needs: Omit<ComposeNeeds, "durable" | "sockets">): MessagingService {
  const { stores, clock, chance } = needs;
  return createMessaging({
    ...needs,
    log: stores.messageLog,
    store: stores.conversationStore,
    inbox: stores.inbox,
    people: stores.accounts,
    encoder: changeEncoder,
    newConversationId: () => uuidV7(clock.now(), chance.bytes(10)) as ConversationId,
  });
}

export function composeGateway(
  needs: Omit<ComposeNeeds, "durable">,
  messaging: Messaging,
  inbox: Pick<Inbox, "list" | "cursors">,
): Gateway {
  return createGateway({ ...needs, accounts: needs.stores.accounts, inbox, messaging });
}

export function composeWorker(needs: Omit<ComposeNeeds, "sockets">): Worker {
  return startWorker({ ...needs, ...needs.durable, inbox: needs.stores.inbox });
}
