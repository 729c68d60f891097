// Which messaging instances may be asked now, by the roll call and by what was met on the way, and which of them
// each bucket prefers.

import { bucketCount } from "#base/ids.ts";
import { ownerOf } from "#base/rendezvous.ts";
import type { RollCall } from "#ports/roll-call.ts";

export class Owners {
  readonly #rollCall: RollCall;
  readonly #mayBeAsked: (instance: string) => boolean;
  /** Where nothing was heard: not asked until the roll call hears of it again. */
  readonly #suspects = new Map<string, number>();
  /** Instances that gave something back: they leave for good, since each start has a random name. */
  readonly #leaving = new Set<string>();
  #names: readonly string[] = [];
  #byBucket: (string | undefined)[] = [];
  #known = new Set<string>();

  constructor(rollCall: RollCall, mayBeAsked: (instance: string) => boolean) {
    this.#rollCall = rollCall;
    this.#mayBeAsked = mayBeAsked;
  }

  get all(): readonly string[] {
    return this.#names;
  }

  get count(): number {
    return this.#names.length;
  }

  /** Some are not asked that may yet be heard of again. */
  get hasDoubts(): boolean {
    return this.#suspects.size > 0;
  }

  /** Whether the roll call knows it, be it leaving or suspected. */
  knows(instance: string): boolean {
    return this.#known.has(instance);
  }

  of(bucket: number): string | undefined {
    if (this.#names.length === 0) return undefined;
    this.#byBucket[bucket] ??= ownerOf(bucket, this.#names);
    return this.#byBucket[bucket];
  }

  bucketsOf(instance: string): ReadonlySet<number> {
    const all = Array.from({ length: bucketCount }, (_, bucket) => bucket);
    return new Set(all.filter((bucket) => this.of(bucket) === instance));
  }

  suspect(instance: string): void {
    this.#suspects.set(instance, Date.now());
    this.refresh();
  }

  leaves(instance: string): void {
    if (this.#leaving.has(instance)) return;
    this.#leaving.add(instance);
    this.refresh();
  }

  refresh(): void {
    const live = this.#rollCall.processes().filter((card) => card.roles.includes("messaging"));
    this.#known = new Set(live.map((card) => card.instance));
    for (const name of this.#suspects.keys()) if (!this.#known.has(name)) this.#suspects.delete(name);
    for (const name of this.#leaving) if (!this.#known.has(name)) this.#leaving.delete(name);
    const names = live
      .filter(({ instance, state, at }) => {
        const isHeard = (this.#suspects.get(instance) ?? 0) < at;
        return state === "serving" && isHeard && !this.#leaving.has(instance) && this.#mayBeAsked(instance);
      })
      .map((card) => card.instance);
    if (names.length === this.#names.length && names.every((name, i) => name === this.#names[i])) return;
    this.#names = names;
    this.#byBucket = [];
  }
}
