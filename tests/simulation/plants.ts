// Faults planted on purpose: a simulator that cannot find these finds nothing.

import type { MemoryStore } from "#adapters/memory/store.ts";
import type { ConversationId, MessageName, Rev, Seq } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { Appended, MessageLog } from "#ports/message-log.ts";
import { Feed } from "#sdk/feed.ts";
import { Caches } from "#services/messaging/caches.ts";
import { Ring } from "#services/messaging/ring.ts";

/** What the server does wrong with its log. */
export type PlantInLog = (log: MessageLog, store: MemoryStore, clock: Clock) => MessageLog;

/** Law 1 broken: the number is handed out, the commit follows a moment later. */
export const ackBeforeCommit: PlantInLog = (log, store, clock) => {
  const pending = new Map<ConversationId, number>();
  return {
    ...log,
    laneOf: (conversation) => log.laneOf(conversation),
    async append(lane, sends) {
      const answers = sends.map((send): Appended | "unknown_conversation" => {
        const head = store.conversations.get(send.conversation)?.head;
        if (!head) return "unknown_conversation";
        const ahead = (pending.get(send.conversation) ?? 0) + 1;
        pending.set(send.conversation, ahead);
        return {
          rev: (head.rev + ahead) as Rev,
          seq: (head.lastSeq + ahead) as Seq,
          at: send.at,
          isNew: true,
        };
      });
      clock.after(20, () => {
        void log.append(lane, sends).catch(() => {});
        for (const send of sends) pending.set(send.conversation, pending.get(send.conversation)! - 1);
      });
      return answers;
    },
  };
};

/** Law 3 broken: the same name again is a second message. */
export const missingDedupe: PlantInLog = (log) => {
  let count = 0;
  const freshName = () => String(++count).padStart(11, "A") as MessageName;
  return {
    ...log,
    laneOf: (conversation) => log.laneOf(conversation),
    append: (lane, sends) =>
      log.append(
        lane,
        sends.map((send) => ({ ...send, name: freshName() })),
      ),
  };
};

/** Law 2 not used: the client takes any newer change for the next one. Returns the way back. */
export function plantMissingGapCheck(): () => void {
  const { receive } = Feed.prototype;
  Feed.prototype.receive = function (changes) {
    for (const change of changes) {
      if (change.rev > this.rev) this.rev = change.rev - 1;
      receive.call(this, [change]);
    }
  };
  return () => {
    Feed.prototype.receive = receive;
  };
}

/**
 * The caches hear of nothing: no foreign event, no interruption, no missing number, no round. Returns the way back.
 */
export function plantDeafCaches(): () => void {
  const caches = {
    own: Caches.prototype.own,
    dropAll: Caches.prototype.dropAll,
    stands: Caches.prototype.stands,
  };
  const { apply } = Ring.prototype;
  Object.assign(Caches.prototype, { own() {}, dropAll() {}, stands() {} });
  Ring.prototype.apply = function (change) {
    if (change.rev > this.rev) this.rev = (change.rev - 1) as Rev;
    return apply.call(this, change);
  };
  return () => {
    Object.assign(Caches.prototype, caches);
    Ring.prototype.apply = apply;
  };
}
