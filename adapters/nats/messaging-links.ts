// The links of a router: one to each instance that it has asked, from the first command until the instance has left
// and its last answers had time to come.

import type { Nats } from "./connection.ts";
import { answerSubject } from "./messaging-codec.ts";
import type { RouterLimits } from "./messaging-limits.ts";
import { type Command, Link, type Settle } from "./messaging-link.ts";

/** Who has left may have answers on their way still. */
const goneForMs = 200;
const noResponders = 503;

export class Links {
  readonly #nats: Nats;
  readonly #limits: RouterLimits;
  readonly #settle: Settle;
  readonly #links = new Map<string, Link>();
  readonly #router = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  readonly #inbox: string;

  constructor(nats: Nats, limits: RouterLimits, settle: Settle) {
    this.#nats = nats;
    this.#limits = limits;
    this.#settle = settle;
    this.#inbox = answerSubject(nats, this.#router);
  }

  /** What answers come to. */
  get subject(): string {
    return `${this.#inbox}.>`;
  }

  /** False: it has too many in flight. */
  give(command: Command, instance: string): boolean {
    let link = this.#links.get(instance);
    if (!link) {
      link = new Link(instance, this.#nats, this.#router, this.#settle, this.#limits.answerMsMax);
      this.#links.set(instance, link);
    }
    if (this.#isFull(link, command)) return false;
    command.batch = 0;
    link.give(command);
    return true;
  }

  /** `isDeaf` is told of an instance that NATS knows nobody of, before its commands are given to others. */
  heard(
    subject: string,
    data: Uint8Array<ArrayBuffer>,
    status: number,
    isDeaf: (instance: string) => void,
  ): void {
    const [instance, batch] = subject.slice(this.#inbox.length + 1).split(".") as [string, string];
    const link = this.#links.get(instance);
    if (!link) return;
    if (status !== noResponders) return link.heard(data);
    isDeaf(instance);
    link.nobodyHeard(Number(batch), performance.now());
  }

  lost(instance: string): void {
    this.#links.get(instance)?.lost();
  }

  allLost(): void {
    for (const link of this.#links.values()) link.lost();
  }

  noteGone(isKnown: (instance: string) => boolean): void {
    for (const link of this.#links.values()) {
      if (isKnown(link.instance)) link.goneAt = null;
      else link.goneAt ??= performance.now();
    }
  }

  expire(now: number): void {
    for (const link of this.#links.values()) {
      if (link.goneAt !== null && link.goneAt + goneForMs <= now) {
        this.#links.delete(link.instance);
        link.lost();
      } else link.expire(now, goneForMs);
    }
  }

  counts(): { inFlight: number; batches: number } {
    let [inFlight, batches] = [0, 0];
    for (const link of this.#links.values()) {
      inFlight += link.inFlight.size;
      batches += link.batches;
    }
    return { inFlight, batches };
  }

  /** Lists are what whoever comes back asks for; how many may come back at once is bounded elsewhere. */
  #isFull(link: Link, command: Command): boolean {
    const { inFlightMax, inFlightSlowMax } = this.#limits;
    if (link.inFlight.size >= inFlightMax) return true;
    if (link.inFlight.size < inFlightSlowMax || command.key === null) return false;
    return !link.bound.takes(link.inFlight.size, performance.now());
  }
}
