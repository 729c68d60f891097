// When the checks run: all at once after the bus was interrupted, again until they have succeeded; and in slow
// rounds, because a loss may pass unnoticed. Where nothing can be lost (one process) there are no rounds.

import type { Clock } from "#ports/clock.ts";
import type { HeadsCheck } from "./heads-check.ts";
import type { PeopleCheck } from "./people-check.ts";

export interface HealingLimits {
  /** Lively rooms are compared with the store so often; 0: no rounds. */
  readonly livelyCheckMs: number;
  /** Within this time every room and session was compared. */
  readonly wholeCheckMs: number;
}

const tryAgainMs = 1_000;

export class Healing {
  readonly #heads: HeadsCheck;
  readonly #people: PeopleCheck;
  readonly #clock: Clock;
  readonly #limits: HealingLimits;
  readonly #onFailure: (error: unknown) => void;
  #isHealing = false;
  #isAskedAgain = false;
  #isStopped = false;
  #endRound = () => {};

  constructor(
    checks: { heads: HeadsCheck; people: PeopleCheck },
    clock: Clock,
    limits: HealingLimits,
    onFailure: (error: unknown) => void,
  ) {
    this.#heads = checks.heads;
    this.#people = checks.people;
    this.#clock = clock;
    this.#limits = limits;
    this.#onFailure = onFailure;
    this.#scheduleRound();
  }

  interrupted(): void {
    this.#isAskedAgain = true;
    if (!this.#isHealing) void this.#heal();
  }

  stop(): void {
    this.#isStopped = true;
    this.#endRound();
  }

  async #heal(): Promise<void> {
    this.#isHealing = true;
    while (this.#isAskedAgain && !this.#isStopped) {
      this.#isAskedAgain = false;
      try {
        await Promise.all([this.#heads.all(), this.#people.all()]);
      } catch (error) {
        this.#onFailure(error);
        this.#isAskedAgain = true;
        await new Promise<void>((passed) => void this.#clock.after(tryAgainMs, passed));
      }
    }
    this.#isHealing = false;
  }

  #scheduleRound(): void {
    const { livelyCheckMs, wholeCheckMs } = this.#limits;
    if (livelyCheckMs === 0 || this.#isStopped) return;
    this.#endRound = this.#clock.after(livelyCheckMs, () => {
      const share = Math.min(1, livelyCheckMs / wholeCheckMs);
      const next = () => this.#scheduleRound();
      Promise.all([this.#heads.lively(), this.#heads.some(share), this.#people.some(share)])
        .catch(this.#onFailure)
        .then(next, next);
    });
  }
}
