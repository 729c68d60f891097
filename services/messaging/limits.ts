// The bounds that the messaging service works within. Values come from app/config.ts; wire limits are repeated
// here as plain numbers, because a service behind the gateway does not know the protocol.

import type { ConversationLimits } from "#core/conversations/decide.ts";
import type { TextLimits } from "#core/messages/decide.ts";
import type { CacheLimits } from "./caches.ts";
import type { CommitQueueLimits } from "./commit-queue.ts";
import type { ConversationAllowanceLimits } from "./conversation-allowance.ts";
import type { ReadCursorLimits } from "./read-cursors.ts";

export interface MessagingLimits
  extends CommitQueueLimits,
    CacheLimits,
    TextLimits,
    ConversationLimits,
    ConversationAllowanceLimits,
    ReadCursorLimits {
  readonly membersMax: number;
  /** Typing and read receipts are told in conversations up to this size. */
  readonly receiptsMembersMax: number;
  /** What a refused sender is told to wait when a queue is full. */
  readonly overloadedRetryMs: number;
  /** And when the store cannot be reached. */
  readonly unavailableRetryMs: number;
}
