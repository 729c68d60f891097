// Evens out gateways: the one that holds clearly more sessions than the mean asks some of them to come back, a few
// each second, and the balancer leads them to those with fewer. The rule is the same in every gateway and needs
// nobody to lead: each knows only the counts, and only those above the mean act.

import type { Clock } from "#ports/clock.ts";

/** A gateway begins above the mean by this much; what is less than that is not worth anybody's reconnect. */
const begin = { share: 0.1, sessions: 50 };
const slotMs = 1_000;
/** Once begun, the whole excess goes within so many slots. */
const slots = 30;

/**
 * How many of `mine` should go in this slot, and how many slots are left after it; `slotsLeft` 0: nothing is under
 * way. Asked anew each slot with fresh counts, so that it follows what others do, and stops at the mean.
 */
export function sessionsToGo(
  mine: number,
  elsewhere: readonly number[],
  slotsLeft: number,
): { readonly now: number; readonly slotsLeft: number } {
  const mean = (mine + elsewhere.reduce((sum, sessions) => sum + sessions, 0)) / (elsewhere.length + 1);
  const isUneven = mine > mean * (1 + begin.share) + begin.sessions;
  const excess = Math.floor(mine - mean);
  if (elsewhere.length === 0 || excess <= 0 || (slotsLeft === 0 && !isUneven))
    return { now: 0, slotsLeft: 0 };
  const left = slotsLeft === 0 ? slots : slotsLeft;
  return { now: Math.ceil(excess / left), slotsLeft: left - 1 };
}

/**
 * While sessions still come in numbers the balancer evens them out by itself, and what is known of the others is older
 * than what is known here: a gateway that grows faster than this in a slot does not begin.
 */
const growthMax = { share: 0.01, sessions: 5 };

export interface RebalanceNeeds {
  readonly gateway: {
    shed(count: number, withinMs: number): number;
    stats(): { readonly sessions: number };
  };
  /** The sessions of each other gateway that takes new ones. */
  sessionsElsewhere(): readonly number[];
  readonly clock: Clock;
}

export interface Rebalance {
  /** Sessions that were asked to go elsewhere so far. */
  readonly shed: number;
  stop(): void;
}

/** When the sessions come straight back, nothing leads them elsewhere: then it is left alone for this long. */
const restMs = 300_000;

export function startRebalance({ gateway, sessionsElsewhere, clock }: RebalanceNeeds): Rebalance {
  let plan = { slotsLeft: 0, began: 0, emptiest: 0, shed: 0 };
  let shed = 0;
  let before = 0;
  let cancel = clock.after(slotMs, slot);

  function slot(): void {
    const mine = gateway.stats().sessions;
    const isGrowing = mine > before * (1 + growthMax.share) + growthMax.sessions;
    before = mine;
    if (isGrowing && plan.slotsLeft === 0) {
      cancel = clock.after(slotMs, slot);
      return;
    }
    const elsewhere = sessionsElsewhere();
    const emptiest = Math.min(...elsewhere);
    const { now, slotsLeft } = sessionsToGo(mine, elsewhere, plan.slotsLeft);
    if (plan.slotsLeft === 0) plan = { slotsLeft, began: mine, emptiest, shed: 0 };
    plan.slotsLeft = slotsLeft;
    // What others give may have come here; then somebody else fills up all the same, and it is not in vain.
    const didNotGo = plan.began - mine < plan.shed / 2 && emptiest - plan.emptiest < plan.shed / 4;
    const isVain = slotsLeft === vainAfter && didNotGo;
    if (isVain) plan.slotsLeft = 0;
    else if (now > 0) {
      const gone = gateway.shed(now, slotMs);
      plan.shed += gone;
      shed += gone;
    }
    cancel = clock.after(isVain ? restMs : slotMs, slot);
  }

  return {
    get shed() {
      return shed;
    },
    stop: () => cancel(),
  };
}

/** Slots that are left when it is time to ask whether it helps. */
const vainAfter = slots - 10;
