// How one process reaches a memory store: each call takes time before and after its commit, may fail on either
// side of it, and is never answered once the process has crashed. The simulation decides all of that.

import { StoreUnavailable } from "#ports/store-unavailable.ts";

/** before: nothing is stored. after: all is stored and the answer is lost. */
export type Fault = "none" | "before" | "after";

export interface AccessHooks {
  /** Awaited before and after each commit; at once where absent. `operation` is such as "messageLog.append". */
  readonly delay?: (operation: string) => Promise<void>;
  /** Asked once for each call, when its commit is due. */
  readonly fault?: (operation: string) => Fault;
}

interface CallInFlight {
  readonly operation: string;
  readonly commit: () => unknown;
}

const never = new Promise<never>(() => {});

export class Access {
  readonly #hooks: AccessHooks;
  readonly #uncommitted = new Set<CallInFlight>();
  #crashed = false;

  constructor(hooks: AccessHooks) {
    this.#hooks = hooks;
  }

  /** Runs `commit`, which must not wait, as one call to the store. */
  async run<T>(operation: string, commit: () => T): Promise<T> {
    if (this.#crashed) return never;
    const call: CallInFlight = { operation, commit };
    this.#uncommitted.add(call);
    await this.#hooks.delay?.(operation);
    if (this.#crashed) return never;
    this.#uncommitted.delete(call);
    const fault = this.#hooks.fault?.(operation) ?? "none";
    if (fault === "before") throw new StoreUnavailable(`${operation} failed before its commit`);
    const answer = commit();
    await this.#hooks.delay?.(operation);
    if (this.#crashed) return never;
    if (fault === "after") throw new StoreUnavailable(`the answer of ${operation} was lost`);
    return answer;
  }

  /** Runs `then` later, as a message from the store: not at all once the process has crashed. */
  tell(operation: string, then: () => void): void {
    if (this.#crashed) return;
    void Promise.resolve(this.#hooks.delay?.(operation)).then(() => {
      if (!this.#crashed) then();
    });
  }

  /**
   * Ends the process. Calls in flight that are not committed yet are committed now, or never, as
   * `commits` says, in the order in which they were made; none is answered.
   */
  crash(commits: (operation: string) => boolean = () => false): void {
    this.#crashed = true;
    const calls = [...this.#uncommitted];
    this.#uncommitted.clear();
    for (const call of calls) if (commits(call.operation)) call.commit();
  }
}
