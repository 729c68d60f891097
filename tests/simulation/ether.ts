// A bus between simulated processes: what a process publishes is told to its own listeners at once, and to the other
// processes later, perhaps too late, twice, out of order or never. Of most losses a process is told afterwards
// (`interrupted`); some nobody notices.

import { createMemoryBus } from "#adapters/memory/event-bus.ts";
import { bucketOf, type ConversationId } from "#base/ids.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Dice } from "./dice.ts";
import type { ProcessClock } from "./time.ts";

export interface EtherTroubles {
  /** Of an event on its way to another process, to come late and perhaps twice. */
  busFault: number;
  /** And to be lost. */
  busLoss: number;
}

interface End {
  readonly clock: ProcessClock;
  readonly local: EventBus;
  readonly interrupted: Set<() => void>;
  buckets: ReadonlySet<number>;
  foreign: (conversation: ConversationId) => void;
}

export class Ether {
  readonly #ends = new Set<End>();

  constructor(
    readonly dice: Dice,
    readonly troubles: EtherTroubles,
  ) {}

  /** The bus as one process sees it. */
  join(clock: ProcessClock, onFailure: (error: unknown) => void): EventBus {
    const local = createMemoryBus(onFailure);
    const end: End = { clock, local, interrupted: new Set(), buckets: new Set(), foreign: () => {} };
    this.#ends.add(end);
    const publish = (conversation: ConversationId | null, act: (bus: EventBus) => void) => {
      act(local);
      for (const other of this.#ends) if (other !== end) this.#carry(other, conversation, act);
    };
    return {
      ...local,
      publishChanges: (event) => publish(event.conversation, (bus) => bus.publishChanges(event)),
      publishHead: (event) => publish(event.conversation, (bus) => bus.publishHead(event)),
      publishState: (event) => publish(null, (bus) => bus.publishState(event)),
      publishUser: (event) => publish(null, (bus) => bus.publishUser(event)),
      listen(listener) {
        const interrupted = () => listener.interrupted();
        end.interrupted.add(interrupted);
        const endListening = local.listen(listener);
        return () => {
          end.interrupted.delete(interrupted);
          endListening();
        };
      },
      followBuckets(buckets, foreign) {
        end.buckets = buckets;
        end.foreign = foreign;
      },
    };
  }

  /** States (`conversation` null) are never lost here: nobody heals them but the next one. */
  #carry(to: End, conversation: ConversationId | null, act: (bus: EventBus) => void): void {
    const { dice, troubles } = this;
    const arrive = () => {
      act(to.local);
      if (conversation !== null && to.buckets.has(bucketOf(conversation))) to.foreign(conversation);
    };
    if (conversation !== null && dice.happens(troubles.busLoss)) {
      if (dice.happens(0.7))
        to.clock.after(dice.whole(0, 2_000), () => {
          for (const tell of to.interrupted) tell();
        });
      return;
    }
    const isTroubled = dice.happens(troubles.busFault);
    to.clock.after(isTroubled ? dice.whole(1, 400) : dice.whole(0, 5), arrive);
    if (isTroubled && dice.happens(0.5)) to.clock.after(dice.whole(0, 50), arrive);
  }
}
