// The event bus inside one process: a function call to those who follow. Rules P30 - P33;
// nothing is ever interrupted (P51), and nothing is foreign (P52).

import { IdNumbers } from "#base/id-numbers.ts";
import type { ConversationId, UserId } from "#base/ids.ts";
import type { BusListener, EventBus } from "#ports/event-bus.ts";

/** `onFailure` hears of a listener that threw; the others and the publisher go on. */
export function createMemoryBus(onFailure: (error: unknown) => void): EventBus {
  const listeners = new Set<BusListener>();
  const conversations = new IdNumbers<ConversationId>();
  /** By how often each is followed. */
  const users = new Map<UserId, number>();

  function tell(act: (listener: BusListener) => void): void {
    for (const listener of listeners) {
      try {
        act(listener);
      } catch (error) {
        onFailure(error);
      }
    }
  }

  return {
    publishChanges(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.changes(event));
    },
    publishHead(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.head(event));
    },
    publishState(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.state(event));
    },
    publishUser(event) {
      if (users.has(event.user)) tell((listener) => listener.user(event));
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    followConversation: (conversation) => void conversations.add(conversation),
    unfollowConversation: (conversation) => void conversations.delete(conversation),
    followUser: (user) => void users.set(user, (users.get(user) ?? 0) + 1),
    unfollowUser(user) {
      const count = (users.get(user) ?? 0) - 1;
      if (count > 0) users.set(user, count);
      else users.delete(user);
    },
    followBuckets() {},
  };
}
