// The role `presence`: forgets what died processes left behind, so that their users are told to be offline (P62). Any
// number of them may run; one is enough.

import type { Clock } from "#ports/clock.ts";
import type { PresenceUpkeep } from "#ports/presence.ts";

export interface PresenceSweepNeeds {
  readonly upkeep: PresenceUpkeep;
  readonly clock: Pick<Clock, "after">;
  readonly onFailure: (error: unknown) => void;
  readonly everyMs?: number;
}

export interface PresenceSweep {
  /** Fulfils when the round under way is over. */
  stop(): Promise<void>;
  readonly stats: () => { forgottenUsers: number };
}

export function startPresenceSweep(needs: PresenceSweepNeeds): PresenceSweep {
  const { upkeep, clock, onFailure, everyMs = 1_000 } = needs;
  let forgottenUsers = 0;
  let isStopped = false;
  let endWait: () => void;
  let round = Promise.resolve();
  wait();

  function wait(): void {
    endWait = clock.after(everyMs, () => {
      round = sweep().then(() => {
        if (!isStopped) wait();
      });
    });
  }

  async function sweep(): Promise<void> {
    try {
      forgottenUsers += await upkeep.forgetDead();
    } catch (error) {
      onFailure(error);
    }
  }

  return {
    async stop() {
      isStopped = true;
      endWait();
      await round;
    },
    stats: () => ({ forgottenUsers }),
  };
}
