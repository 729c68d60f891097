// The event bus between processes, over core NATS. A process's own events go to its own listeners by a function
// call and never come back over the network; the others hear by interest. Rules P30 - P33, P51, P52.

import { assert } from "#base/assert.ts";
import type { ConversationId, UserId } from "#base/ids.ts";
import type { BusListener, EventBus } from "#ports/event-bus.ts";
import {
  changesFrame,
  type Heard,
  headFrame,
  heardFrame,
  isState,
  type Recode,
  Stamp,
  stateFrame,
  userFrame,
} from "./bus-frames.ts";
import type { Hear, Interest, Nats } from "./connection.ts";
import { bucketSubject, Interests, idOf, subjectOf, type WholeFrom, wholeFrom } from "./interests.ts";

export interface NatsBusOptions {
  /** The codecs whose bytes travel with a change that is published now: one at least. */
  readonly codecs: () => readonly string[];
  /** For a codec that did not travel. */
  readonly recode: Recode;
  readonly onFailure: (error: unknown) => void;
  readonly wholeFrom?: WholeFrom;
}

export interface NatsBus extends EventBus {
  /** Hints that were not published because the connection was away. */
  dropped(): number;
  close(): Promise<void>;
}

/** A user's events name their conversations themselves. */
const noConversation = "" as ConversationId;

export function openNatsBus(nats: Nats, options: NatsBusOptions): NatsBus {
  const { onFailure, codecs, recode } = options;
  const listeners = new Set<BusListener>();
  const foreign = new Map<number, Interest>();
  const from = options.wholeFrom ?? wholeFrom;
  const conversations = new Interests<ConversationId>(
    nats,
    "conversation",
    (id, data) => tellHeard(heardFrame(data, id, recode)),
    from.conversations,
  );
  const users = new Interests<UserId>(
    nats,
    "user",
    (_, data) => tellHeard(heardFrame(data, noConversation, recode)),
    from.users,
  );
  /** By how often each is followed, where it is more than once. */
  const followedOften = new Map<UserId, number>();
  const stamp = new Stamp(crypto.getRandomValues(new Uint32Array(1))[0]!);
  const endBack = nats.onBack(() => void tellInterrupted());
  let dropped = 0;

  function tell(act: (listener: BusListener) => void): void {
    for (const listener of listeners) {
      try {
        act(listener);
      } catch (error) {
        onFailure(error);
      }
    }
  }

  /** Once the server has all interests again: what is asked from then on is whole. */
  async function tellInterrupted(): Promise<void> {
    await nats.flush().catch(() => {});
    if (nats.isUp()) tell((listener) => listener.interrupted());
  }

  function tellHeard(heard: Heard | null): void {
    if (heard?.kind === "changes") tell((listener) => listener.changes(heard.event));
    else if (heard?.kind === "head") tell((listener) => listener.head(heard.event));
    else if (heard?.kind === "state") tell((listener) => listener.state(heard.event));
    else if (heard?.kind === "user") tell((listener) => listener.user(heard.event));
  }

  /** Law 1: nothing that goes wrong here reaches who committed and announces. */
  function publish(subject: string, frame: () => Uint8Array): void {
    try {
      if (!nats.isUp()) dropped++;
      else if (!nats.publish(subject, frame())) dropped++;
    } catch (error) {
      dropped++;
      onFailure(error);
    }
  }

  return {
    publishChanges(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.changes(event));
      publish(subjectOf(nats, "conversation", event.conversation), () => {
        const frame = changesFrame(stamp, event, codecs());
        return frame.length <= nats.payloadBytesMax() ? frame : headFrame(stamp, event);
      });
    },
    publishHead(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.head(event));
      publish(subjectOf(nats, "conversation", event.conversation), () => headFrame(stamp, event));
    },
    publishState(event) {
      if (conversations.has(event.conversation)) tell((listener) => listener.state(event));
      publish(subjectOf(nats, "conversation", event.conversation), () => stateFrame(stamp, event));
    },
    publishUser(event) {
      if (users.has(event.user)) tell((listener) => listener.user(event));
      publish(subjectOf(nats, "user", event.user), () => userFrame(stamp, event));
    },
    listen(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    followConversation: (conversation) => conversations.add(conversation),
    unfollowConversation: (conversation) => conversations.delete(conversation),
    followUser(user) {
      if (users.has(user)) followedOften.set(user, (followedOften.get(user) ?? 1) + 1);
      else users.add(user);
    },
    unfollowUser(user) {
      const count = followedOften.get(user) ?? 1;
      if (count > 2) followedOften.set(user, count - 1);
      else if (!followedOften.delete(user)) users.delete(user);
    },
    followBuckets(buckets, then) {
      for (const [bucket, interest] of foreign) {
        interest.end();
        foreign.delete(bucket);
      }
      const hear: Hear = (subject, data) => {
        if (!isState(data)) then(idOf(subject) as ConversationId);
      };
      for (const bucket of buckets) {
        assert(Number.isInteger(bucket) && bucket >= 0, "a bucket is a number");
        foreign.set(bucket, nats.subscribe(bucketSubject(nats, "conversation", bucket), hear));
      }
    },
    dropped: () => dropped,
    async close() {
      endBack();
      listeners.clear();
      conversations.clear();
      users.clear();
      for (const interest of foreign.values()) interest.end();
    },
  };
}
