// How fast one account may speak, over all of its sessions here and, where counts are shared, at all gateways. A
// command is judged by what this process knows; what was spent is settled in the background, so that nobody waits for
// it. Who is above the rate elsewhere is held here until then. An idle session's heartbeat costs a count in a table and
// no memory: what is kept of a person for a second or two is found by the collector only long after.

import type { UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { SharedCounts, SharedRate, Spent } from "#ports/rate-limits.ts";

export interface AccountAllowanceLimits {
  readonly accountCommandsPerSecond: number;
  readonly accountCommandsBurst: number;
  readonly botCommandsPerSecond: number;
  readonly botCommandsBurst: number;
  readonly accountSettleMs: number;
}

export interface AccountAllowanceNeeds {
  readonly clock: Clock;
  readonly limits: AccountAllowanceLimits;
  /** null: this process is the only one. */
  readonly counts: SharedCounts | null;
}

interface Account {
  readonly rate: SharedRate;
  left: number;
  leftAt: number;
  spent: number;
  since: number;
  heldUntil: number;
}

/** Whose command it is: a bot has a rate of its own. */
export interface Speaker {
  readonly user: UserId;
  readonly isBot: boolean;
}

/** Who spends less than this share of the rate here is not settled: the usual person never costs a call. */
const smallShare = 0.05;
/** Who spends little is counted together with all whose ids end in the same three hexadecimal digits. */
const countersOfLittle = 4096;

export class AccountAllowance {
  readonly #needs: AccountAllowanceNeeds;
  readonly #personRate: SharedRate;
  readonly #botRate: SharedRate;
  /** Those who have spent more than little. */
  readonly #accounts = new Map<UserId, Account>();
  /** What the others have spent since the last round. As they share counters, some become known sooner than need be. */
  readonly #little = new Uint32Array(countersOfLittle);
  #endWait: (() => void) | null = null;
  #isStopped = false;

  constructor(needs: AccountAllowanceNeeds) {
    this.#needs = needs;
    const { limits } = needs;
    this.#personRate = rateOf(limits.accountCommandsPerSecond, limits.accountCommandsBurst);
    this.#botRate = rateOf(limits.botCommandsPerSecond, limits.botCommandsBurst);
  }

  /** 0: the command may pass, and is counted. More: the milliseconds until the next one may. */
  spend({ user, isBot }: Speaker, now: number): number {
    let account = this.#accounts.get(user);
    if (!account) {
      const speakerRate = isBot ? this.#botRate : this.#personRate;
      if (this.#isLittle(user, speakerRate)) return 0;
      account = this.#open(user, speakerRate, now);
    }
    const { rate } = account;
    if (account.heldUntil > now) return Math.ceil(account.heldUntil - now);
    const msEach = rate.perMs / rate.count;
    account.left = Math.min(rate.burst, account.left + (now - account.leftAt) / msEach);
    account.leftAt = now;
    if (account.left < 1) return Math.ceil((1 - account.left) * msEach);
    account.left--;
    if (account.spent++ === 0) account.since = now;
    return 0;
  }

  stats(): { accounts: number } {
    return { accounts: this.#accounts.size };
  }

  stop(): void {
    this.#isStopped = true;
    this.#endWait?.();
  }

  /** True: the command is counted, and there is no need to know whose it is. */
  #isLittle(user: UserId, rate: SharedRate): boolean {
    const counter = counterOf(user);
    if (this.#little[counter]! >= this.#littleOf(rate)) return false;
    this.#little[counter]!++;
    if (this.#endWait === null) this.#wait();
    return true;
  }

  #perRound(rate: SharedRate): number {
    return (rate.count / rate.perMs) * this.#needs.limits.accountSettleMs;
  }

  #littleOf(rate: SharedRate): number {
    return Math.floor(Math.min(this.#perRound(rate), rate.burst) * smallShare);
  }

  /** Begins with what was counted as little. */
  #open(user: UserId, rate: SharedRate, now: number): Account {
    const spent = Math.min(this.#little[counterOf(user)]!, this.#littleOf(rate));
    const account = { rate, left: rate.burst - spent, leftAt: now, spent, since: now, heldUntil: 0 };
    this.#accounts.set(user, account);
    if (this.#endWait === null) this.#wait();
    return account;
  }

  #wait(): void {
    this.#endWait = this.#needs.clock.after(this.#needs.limits.accountSettleMs, () => void this.#round());
  }

  async #round(): Promise<void> {
    this.#little.fill(0);
    this.#forgetRested();
    await this.#settle();
    if (this.#isStopped) return;
    if (this.#accounts.size > 0) this.#wait();
    else this.#endWait = null;
  }

  #forgetRested(): void {
    const now = this.#needs.clock.now();
    for (const [user, account] of this.#accounts) {
      const { count, perMs, burst } = account.rate;
      const isRested = account.left + ((now - account.leftAt) / perMs) * count >= burst;
      if (isRested && account.spent === 0 && account.heldUntil <= now) this.#accounts.delete(user);
    }
  }

  async #settle(): Promise<void> {
    const { counts, clock } = this.#needs;
    const now = clock.now();
    const settled: Account[] = [];
    const spent: Spent[] = [];
    for (const [key, account] of this.#accounts) {
      const { rate } = account;
      if (account.spent > this.#perRound(rate) * smallShare) {
        settled.push(account);
        spent.push({ key, count: account.spent, overMs: now - account.since, rate });
      }
      account.spent = 0;
    }
    if (counts === null || spent.length === 0) return;
    const waits = await counts.settle("commands", spent);
    const answeredAt = clock.now();
    for (let i = 0; i < settled.length; i++) settled[i]!.heldUntil = answeredAt + (waits[i] ?? 0);
  }
}

/** The end of an id is chance. */
function counterOf(user: UserId): number {
  return Number.parseInt(user.slice(-3), 16) & (countersOfLittle - 1);
}

function rateOf(perSecond: number, burst: number): SharedRate {
  return { count: perSecond, perMs: 1_000, burst };
}
