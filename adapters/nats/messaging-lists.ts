// Questions whose answer is put together: of lists from the owners of their conversations, of what each process alone
// knows from all of them.

import { bucketOf, type ConversationId, type UserId } from "#base/ids.ts";
import type { ReadCursor } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Method } from "./messaging-codec.ts";
import type { RouterLimits } from "./messaging-limits.ts";
import type { Owners } from "./messaging-owners.ts";

interface Asking {
  readonly owners: Owners;
  readonly limits: RouterLimits;
  ask<M extends Method>(
    method: M,
    key: string | null,
    bucket: number,
    args: Parameters<Messaging[M]>,
    to?: string,
  ): ReturnType<Messaging[M]>;
}

export class Lists {
  readonly #router: Asking;

  constructor(router: Asking) {
    this.#router = router;
  }

  /** Answered by the owners of the conversations, and put together in the order asked. */
  async ofEach<T>(
    method: "newest" | "heads",
    ids: readonly ConversationId[],
    isFresh?: boolean,
  ): Promise<readonly T[]> {
    const { owners } = this.#router;
    const byOwner = Map.groupBy(ids.keys(), (at) => owners.of(bucketOf(ids[at]!)) ?? "");
    const answers = new Array<T>(ids.length);
    await Promise.all(
      [...byOwner.values()].map(async (places) => {
        const asked = places.map((at) => ids[at]!);
        const got = await this.#router.ask(method, null, bucketOf(asked[0]!), [asked, isFresh]);
        for (let i = 0; i < places.length; i++) answers[places[i]!] = (got as readonly T[])[i]!;
      }),
    );
    return answers;
  }

  /** Each process has its own; who says nothing in time has none. */
  async waitingCursors(users: readonly UserId[]): Promise<readonly ReadCursor[]> {
    const { owners, limits } = this.#router;
    const late = Promise.withResolvers<readonly ReadCursor[]>();
    const timer = setTimeout(late.resolve, limits.eachWaitMs, []);
    const nothing = (): readonly ReadCursor[] => [];
    const told = await Promise.all(
      owners.all.map((to) => {
        const asked = this.#router.ask("waitingCursors", null, 0, [users], to);
        return Promise.race([asked.catch(nothing), late.promise]);
      }),
    );
    clearTimeout(timer);
    return told.flat();
  }
}
