// What the sync reads over HTTP without anybody waiting for it: the list, a summary, who a number is.

import type { ConversationId } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import type { Api, SummaryAnswer } from "./api.ts";
import type { Jobs } from "./jobs.ts";
import type { KnownConversation } from "./known-conversation.ts";
import { maxima } from "./maxima.ts";
import type { Answer } from "./refusals.ts";
import { localRefusal } from "./refusals.ts";
import type { Clock } from "./types.ts";

export interface BackgroundListener {
  readonly known: ReadonlyMap<ConversationId, KnownConversation>;
  /** null: there are too many conversations already. */
  summary(summary: SummaryAnswer): KnownConversation | null;
  changed(id: ConversationId): void;
  gone(id: ConversationId): void;
  listIsComplete(): void;
}

export class BackgroundReads {
  constructor(
    readonly parts: { readonly api: Api; readonly jobs: Jobs; readonly clock: Clock },
    readonly listener: BackgroundListener,
  ) {}

  /** The conversation, read from the server when it is not known yet. */
  async ensure(id: ConversationId): Answer<KnownConversation> {
    const known = this.listener.known.get(id);
    if (known) return ok(known);
    const opened = await this.parts.api.open(id);
    if (!opened.ok) return opened;
    const added = this.listener.summary(opened.value);
    return added ? ok(added) : refused(localRefusal("queue_full"));
  }

  summary(id: ConversationId): void {
    this.parts.jobs.run(`summary ${id}`, async () => {
      const opened = await this.parts.api.open(id);
      if (opened.ok) this.listener.summary(opened.value)?.applyCursors(opened.value.cursors);
      else if (opened.refusal.code === "unknown_conversation") this.listener.gone(id);
      return opened;
    });
  }

  /** All pages of the list. `told`: heads that `welcome` had; what is in neither is perhaps no longer one's own. */
  list(told: ReadonlySet<ConversationId>): void {
    this.parts.jobs.run("list", async () => {
      const seen = new Set(told);
      let after: ConversationId | undefined;
      do {
        const page = await this.parts.api.list(after);
        if (!page.ok) return page;
        for (const summary of page.value.conversations) {
          seen.add(summary.conversation);
          this.listener.summary(summary);
        }
        after = page.value.next;
      } while (after && seen.size < maxima.conversationsMax);
      // Heads may tell of conversations that the list, fed a moment later, does not have yet.
      for (const [id, { about }] of this.listener.known) if (!about || !seen.has(id)) this.summary(id);
      this.listener.listIsComplete();
      return ok(undefined);
    });
  }

  members(known: KnownConversation): void {
    this.parts.jobs.run(`members ${known.id}`, async () => {
      // Gathers what one painting asks for.
      await Promise.resolve();
      const asked = known.members.wanted();
      if (asked.length === 0) return ok(undefined);
      const { rev } = known.feed;
      const answer = await this.parts.api.membersByNumber(known.id, asked);
      if (answer.ok) known.members.read(answer.value.members, asked, rev);
      if (answer.ok) this.listener.changed(known.id);
      return answer;
    });
  }

  /** The number of members is in doubt: read again, not too often. */
  count(known: KnownConversation): void {
    const now = this.parts.clock.now();
    if (now - known.countedAt < maxima.summaryEveryMs) return;
    known.countedAt = now;
    this.summary(known.id);
  }
}
