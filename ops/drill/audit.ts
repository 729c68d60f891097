// The delivery audit: the log as the server tells it, against what was acknowledged and against what every reader was
// shown. Each call looks at what came since the one before.

import type { ConversationId } from "#base/ids.ts";
import type { Crowd } from "#ops/drill/crowd.ts";
import type { Place } from "#ops/drill/people.ts";

export interface Findings {
  /** Acknowledged, and not in the log at its number. */
  lost: number;
  /** In the log, and not shown to a member, or shown twice. */
  unshown: number;
  /** The same message twice in the log. */
  doubled: number;
  /** Numbers of the log that are missing. */
  gaps: number;
  /** A person's own messages of one conversation in another order than said, or shown in another order than numbered. */
  disorder: number;
  stored: number;
  /** How long after everybody fell silent the last reader had been shown everything. */
  settledAfterMs: number;
}

interface Logged {
  readonly seq: number;
  readonly text: string;
}

/** The server's heartbeat is 30 s; a reader that has not noticed by two of them never will. */
const settleWithinMs = 70_000;

export class Audit {
  #acknowledged = 0;
  #seqs = new Map<ConversationId, number>();
  #texts = new Set<string>();
  #resyncs = 0;

  constructor(
    readonly url: string,
    readonly crowd: Crowd,
  ) {}

  /** Nobody may be talking. */
  async look(): Promise<Findings> {
    const found = { lost: 0, unshown: 0, doubled: 0, gaps: 0, disorder: 0, stored: 0, settledAfterMs: 0 };
    const logs = new Map<ConversationId, readonly Logged[]>();
    for (const place of this.crowd.people.places) logs.set(place.conversation, await this.#read(place));
    found.settledAfterMs = await this.#settle(logs);
    for (const [conversation, log] of logs) this.#lookAtLog(conversation, log, found);
    const acknowledged = this.crowd.acknowledged.slice(this.#acknowledged);
    this.#acknowledged = this.crowd.acknowledged.length;
    for (const { conversation, seq, text } of acknowledged)
      if (!logs.get(conversation)!.some((it) => it.seq === seq && it.text === text)) found.lost++;
    this.#lookAtReaders(logs, found);
    for (const [conversation, log] of logs) if (log.length > 0) this.#seqs.set(conversation, log.at(-1)!.seq);
    for (const shown of this.crowd.shown) shown.seqs.length = 0;
    return found;
  }

  #lookAtLog(conversation: ConversationId, log: readonly Logged[], found: Findings): void {
    let last = this.#seqs.get(conversation) ?? 0;
    const newest = new Map<string, number>();
    for (const { seq, text } of log) {
      if (seq !== last + 1) found.gaps += seq - last - 1;
      last = seq;
      if (this.#texts.has(text)) found.doubled++;
      this.#texts.add(text);
      const [person, count] = text.split(":");
      if (Number(count) < (newest.get(person!) ?? 0)) found.disorder++;
      newest.set(person!, Number(count));
    }
    found.stored += log.length;
  }

  #lookAtReaders(logs: ReadonlyMap<ConversationId, readonly Logged[]>, found: Findings): void {
    // Who began anew was told its newest page instead of each message.
    const mayJump = this.crowd.resyncs > this.#resyncs;
    this.#resyncs = this.crowd.resyncs;
    for (const { conversation, seqs } of this.crowd.shown) {
      const told = new Set(seqs);
      if (!mayJump) found.unshown += logs.get(conversation)!.filter(({ seq }) => !told.has(seq)).length;
      found.unshown += seqs.length - told.size;
      found.disorder += seqs.filter((seq, i) => i > 0 && seq < seqs[i - 1]!).length;
    }
  }

  /** Until every reader was shown the newest message of the log. */
  async #settle(logs: ReadonlyMap<ConversationId, readonly Logged[]>): Promise<number> {
    const began = performance.now();
    const isBehind = () =>
      this.crowd.shown.some(({ conversation, seqs }) => {
        const newest = logs.get(conversation)!.at(-1)?.seq ?? 0;
        return newest > 0 && (seqs.at(-1) ?? 0) < newest;
      });
    while (isBehind() && performance.now() - began < settleWithinMs) await Bun.sleep(20);
    return performance.now() - began;
  }

  async #read({ conversation, members }: Place): Promise<readonly Logged[]> {
    const headers = { authorization: `Bearer ${members[0]!.token}` };
    const log: Logged[] = [];
    for (let hasAfter = true; hasAfter; ) {
      const after = log.at(-1)?.seq ?? this.#seqs.get(conversation) ?? 0;
      const path = `/v1/conversations/${conversation}/messages?after=${after}&limit=200`;
      const answer = await fetch(this.url + path, { headers, signal: AbortSignal.timeout(10_000) }).catch(
        () => null,
      );
      if (!answer?.ok) {
        await Bun.sleep(200);
        continue;
      }
      const page = (await answer.json()) as { messages: Logged[]; hasAfter: boolean };
      log.push(...page.messages);
      hasAfter = page.hasAfter;
    }
    return log;
  }
}
