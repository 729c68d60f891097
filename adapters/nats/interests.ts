// Which conversations this process wants to hear of, as subscriptions: one for each, and where it follows so many of
// a bucket that one for the whole bucket is cheaper, that one, with the filter here
// (docs/decisions/0009-nats.md). A change from one to the other loses nothing and doubles nothing.

import { bucketCount, bucketOf, type ConversationId } from "#base/ids.ts";
import { stampOf } from "./bus-frames.ts";
import type { Hear, Interest, Nats } from "./connection.ts";

/** From so many followed conversations in one bucket on, the bucket is heard whole. */
export const wholeBucketFrom = 32;

interface Bucket {
  /** null: heard by the whole bucket's. */
  readonly followed: Map<ConversationId, Interest | null>;
  whole: Interest | null;
  /** While both kinds are held: the events heard meanwhile. */
  seen: Set<string> | null;
}

export type Told = (conversation: ConversationId, data: Uint8Array<ArrayBuffer>) => void;

export class Interests {
  readonly #nats: Nats;
  readonly #told: Told;
  readonly #wholeFrom: number;
  readonly #buckets: (Bucket | undefined)[] = [];

  constructor(nats: Nats, told: Told, wholeFrom: number) {
    this.#nats = nats;
    this.#told = told;
    this.#wholeFrom = wholeFrom;
  }

  has(conversation: ConversationId): boolean {
    return this.#buckets[bucketOf(conversation)]?.followed.has(conversation) ?? false;
  }

  add(conversation: ConversationId): void {
    const no = bucketOf(conversation);
    this.#buckets[no] ??= { followed: new Map(), whole: null, seen: null };
    const bucket = this.#buckets[no];
    if (bucket.followed.has(conversation)) return;
    const isWhole = bucket.whole !== null && bucket.seen === null;
    bucket.followed.set(
      conversation,
      isWhole ? null : this.#nats.subscribe(subjectOf(this.#nats, conversation), this.#hear),
    );
    if (bucket.whole === null && bucket.followed.size >= this.#wholeFrom) void this.#widen(no, bucket);
  }

  delete(conversation: ConversationId): void {
    const no = bucketOf(conversation);
    const bucket = this.#buckets[no];
    const interest = bucket?.followed.get(conversation);
    if (!bucket || interest === undefined) return;
    interest?.end();
    bucket.followed.delete(conversation);
    if (bucket.followed.size > 0) return;
    bucket.whole?.end();
    delete this.#buckets[no];
  }

  clear(): void {
    for (const bucket of this.#buckets) {
      bucket?.whole?.end();
      for (const interest of bucket?.followed.values() ?? []) interest?.end();
    }
    this.#buckets.length = 0;
  }

  readonly #hear: Hear = (subject, data) => {
    const conversation = conversationOf(subject);
    const bucket = this.#buckets[bucketOf(conversation)];
    if (!bucket?.followed.has(conversation)) return;
    if (bucket.seen) {
      const stamp = stampOf(data);
      if (bucket.seen.has(stamp)) return;
      bucket.seen.add(stamp);
    }
    this.#told(conversation, data);
  };

  /** Until the server surely has the wide interest, and then has surely told the last of the narrow ones, both hold. */
  async #widen(no: number, bucket: Bucket): Promise<void> {
    bucket.seen = new Set();
    bucket.whole = this.#nats.subscribe(bucketSubject(this.#nats, no), this.#hear);
    try {
      await this.#nats.flush();
      await this.#nats.flush();
    } catch {
      // The connection is away: it comes back with the wide interest, and tells of the interruption.
    }
    if (this.#buckets[no] !== bucket) return;
    bucket.seen = null;
    for (const [conversation, interest] of bucket.followed) {
      interest?.end();
      bucket.followed.set(conversation, null);
    }
  }
}

export function subjectOf(nats: Nats, conversation: ConversationId): string {
  return `${nats.namespace}.conversation.${bucketOf(conversation)}.${conversation}`;
}

export function bucketSubject(nats: Nats, bucket: number): string {
  return `${nats.namespace}.conversation.${bucket % bucketCount}.*`;
}

export function conversationOf(subject: string): ConversationId {
  return subject.slice(subject.lastIndexOf(".") + 1) as ConversationId;
}
