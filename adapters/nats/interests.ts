// Which conversations, or people, this process wants to hear of, as subscriptions: one for each, and where it follows
// so many of a bucket that one for the whole bucket is cheaper, that one, with the filter here
// (docs/decisions/0009-nats.md). A change from one to the other loses nothing and doubles nothing.

import { IdNumbers } from "#base/id-numbers.ts";
import { bucketCount, type ConversationId, lastTenBits, type UserId } from "#base/ids.ts";
import { stampOf } from "./bus-frames.ts";
import type { Hear, Interest, Nats } from "./connection.ts";

/** From so many followed ones in one bucket on, the bucket is heard whole. */
export interface WholeFrom {
  readonly conversations: number;
  readonly users: number;
}
export const wholeFrom: WholeFrom = { conversations: 32, users: 16 };

interface Bucket {
  count: number;
  /** null: heard by the whole bucket's. */
  single: Map<string, Interest> | null;
  whole: Interest | null;
  /** While both kinds are held: the events heard meanwhile. */
  seen: Set<string> | null;
}

export type Told<Id> = (id: Id, data: Uint8Array<ArrayBuffer>) => void;

export class Interests<Id extends ConversationId | UserId> {
  readonly #nats: Nats;
  readonly #kind: Kind;
  readonly #told: Told<Id>;
  readonly #wholeFrom: number;
  readonly #followed = new IdNumbers<Id>();
  readonly #buckets: (Bucket | undefined)[] = [];

  constructor(nats: Nats, kind: Kind, told: Told<Id>, wholeFrom: number) {
    this.#nats = nats;
    this.#kind = kind;
    this.#told = told;
    this.#wholeFrom = wholeFrom;
  }

  has(id: Id): boolean {
    return this.#followed.has(id);
  }

  add(id: Id): void {
    if (this.#followed.has(id)) return;
    this.#followed.add(id);
    const no = lastTenBits(id);
    this.#buckets[no] ??= { count: 0, single: new Map(), whole: null, seen: null };
    const bucket = this.#buckets[no];
    bucket.count++;
    bucket.single?.set(id, this.#nats.subscribe(subjectOf(this.#nats, this.#kind, id), this.#hear));
    if (bucket.whole === null && bucket.count >= this.#wholeFrom) void this.#widen(no, bucket);
  }

  delete(id: Id): void {
    if (this.#followed.delete(id) < 0) return;
    const no = lastTenBits(id);
    const bucket = this.#buckets[no]!;
    bucket.single?.get(id)?.end();
    bucket.single?.delete(id);
    if (--bucket.count > 0) return;
    bucket.whole?.end();
    delete this.#buckets[no];
  }

  clear(): void {
    for (const bucket of this.#buckets) {
      bucket?.whole?.end();
      for (const interest of bucket?.single?.values() ?? []) interest.end();
    }
    this.#buckets.length = 0;
  }

  readonly #hear: Hear = (subject, data) => {
    const id = idOf(subject) as Id;
    if (!this.#followed.has(id)) return;
    const seen = this.#buckets[lastTenBits(id)]?.seen;
    if (seen) {
      const stamp = stampOf(data);
      if (seen.has(stamp)) return;
      seen.add(stamp);
    }
    this.#told(id, data);
  };

  /** Until the server surely has the wide interest, and then has surely told the last of the narrow ones, both hold. */
  async #widen(no: number, bucket: Bucket): Promise<void> {
    bucket.seen = new Set();
    bucket.whole = this.#nats.subscribe(bucketSubject(this.#nats, this.#kind, no), this.#hear);
    try {
      await this.#nats.flush();
      await this.#nats.flush();
    } catch {
      // The connection is away: it comes back with the wide interest, and tells of the interruption.
    }
    if (this.#buckets[no] !== bucket) return;
    bucket.seen = null;
    for (const interest of bucket.single?.values() ?? []) interest.end();
    bucket.single = null;
  }
}

type Kind = "conversation" | "user";

export function subjectOf(nats: Nats, kind: Kind, id: string): string {
  return `${nats.namespace}.${kind}.${lastTenBits(id)}.${id}`;
}

export function bucketSubject(nats: Nats, kind: Kind, bucket: number): string {
  return `${nats.namespace}.${kind}.${bucket % bucketCount}.*`;
}

export function idOf(subject: string): string {
  return subject.slice(subject.lastIndexOf(".") + 1);
}
