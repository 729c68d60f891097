// How fast one conversation may grow, however many write into it. Counted per process: the commands of a conversation
// prefer one, so this is nearly exact. Conversations that were quiet the longest are forgotten first.

import { LRUCache } from "lru-cache";
import type { ConversationId } from "#base/ids.ts";

export interface ConversationAllowanceLimits {
  readonly conversationSendsPerSecond: number;
  /** How many may come at once after a pause. */
  readonly conversationSendsBurst: number;
  readonly conversationsMax: number;
}

export class ConversationAllowance {
  readonly #limits: ConversationAllowanceLimits;
  readonly #left: LRUCache<ConversationId, { count: number; at: number }>;

  constructor(limits: ConversationAllowanceLimits) {
    this.#limits = limits;
    this.#left = new LRUCache({ max: Math.max(1, limits.conversationsMax) });
  }

  /** 0: one may be sent, and is counted. More: the milliseconds until the next one may. */
  spend(conversation: ConversationId, now: number): number {
    const { conversationSendsPerSecond: perSecond, conversationSendsBurst: burst } = this.#limits;
    let left = this.#left.get(conversation);
    if (left === undefined) {
      left = { count: burst, at: now };
      this.#left.set(conversation, left);
    }
    left.count = Math.min(burst, left.count + ((now - left.at) / 1000) * perSecond);
    left.at = now;
    if (left.count < 1) return Math.ceil(((1 - left.count) / perSecond) * 1000);
    left.count--;
    return 0;
  }
}
