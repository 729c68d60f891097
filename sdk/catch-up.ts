// Asks the server what a conversation missed: after a moment of grace where the missing may still come by itself,
// at once where it will not. A bounded number of questions at a time, conversations that are shown first.

import type { ConversationId } from "#base/ids.ts";
import { limits } from "#protocol/limits.ts";
import { backoffMs } from "./backoff.ts";
import type { AnswerFrame, Commands } from "./commands.ts";
import type { CaughtUp, Feed } from "./feed.ts";
import { maxima } from "./maxima.ts";
import { passes } from "./refusals.ts";
import type { Chance, Clock } from "./types.ts";

export interface CatchUpListener {
  feed(conversation: ConversationId): Feed | undefined;
  isShown(conversation: ConversationId): boolean;
  answered(conversation: ConversationId, answer: CaughtUp): void;
  /** The server says that it is not one's own. */
  gone(conversation: ConversationId): void;
}

/** grace and pause: a timer runs; queued: waits for room; asked: an answer is on its way. */
type Stage =
  | { readonly kind: "grace" | "pause"; readonly cancel: () => void }
  | { readonly kind: "queued" | "asked" };

export class CatchUp {
  /** Only of conversations that are behind. */
  #stages = new Map<ConversationId, Stage>();
  #attempts = new Map<ConversationId, number>();
  #asked = 0;

  constructor(
    readonly parts: { commands: Commands; clock: Clock; chance: Chance },
    readonly listener: CatchUpListener,
  ) {}

  /** Call after a feed heard something. `now`: no grace, because nothing of it is on its way. */
  check(id: ConversationId, now = false): void {
    const feed = this.listener.feed(id);
    const stage = this.#stages.get(id);
    if (!feed?.question) {
      if (stage?.kind === "asked") return;
      this.#forget(id);
    } else if (!stage || (stage.kind === "grace" && (now || feed.isUrgent))) {
      this.#forget(id);
      if (now || feed.isUrgent) this.#queue(id);
      else this.#wait(id, "grace", limits.gapGraceMs);
    }
  }

  pump(): void {
    for (const shown of [true, false])
      for (const [id, stage] of [...this.#stages])
        if (stage.kind === "queued" && this.listener.isShown(id) === shown) {
          if (!this.parts.commands.room || this.#asked >= maxima.questionsInFlightMax) return;
          this.#ask(id);
        }
  }

  /** The connection ended: the next `welcome` says anew who is behind. */
  clear(): void {
    for (const id of [...this.#stages.keys()]) this.#forget(id);
    this.#attempts.clear();
    this.#asked = 0;
  }

  forget(id: ConversationId): void {
    if (this.#stages.get(id)?.kind !== "asked") this.#forget(id);
  }

  #ask(id: ConversationId): void {
    const question = this.listener.feed(id)?.question;
    if (!question) return this.#forget(id);
    this.#stages.set(id, { kind: "asked" });
    this.#asked++;
    this.parts.commands.give(
      { kind: "since", conversation: id, ...question },
      (answer) => {
        this.#asked--;
        this.#answered(id, answer);
      },
      () => {},
    );
  }

  #answered(id: ConversationId, answer: AnswerFrame): void {
    this.#stages.delete(id);
    if (answer.kind === "caughtUp") {
      this.listener.answered(id, answer);
      if (this.listener.feed(id)?.question) this.#again(id);
      else this.#attempts.delete(id);
    } else if (answer.kind === "refused" && passes(answer.code)) {
      this.#again(id, answer.retryAfterMs);
    } else {
      this.#attempts.delete(id);
      this.listener.gone(id);
    }
  }

  /** What was answered was not enough, or nothing was: once more, a little later each time. */
  #again(id: ConversationId, hintMs?: number): void {
    const attempt = this.#attempts.get(id) ?? 0;
    this.#attempts.set(id, attempt + 1);
    const waitMs = hintMs ?? (attempt === 0 ? 0 : backoffMs(attempt - 1, this.parts.chance));
    this.#wait(id, "pause", Math.max(limits.gapGraceMs, waitMs));
  }

  #wait(id: ConversationId, kind: "grace" | "pause", forMs: number): void {
    const cancel = this.parts.clock.after(forMs, () => {
      this.#stages.delete(id);
      if (!this.listener.feed(id)?.question) return;
      this.#queue(id);
      this.pump();
    });
    this.#stages.set(id, { kind, cancel });
  }

  #queue(id: ConversationId): void {
    this.#stages.set(id, { kind: "queued" });
  }

  #forget(id: ConversationId): void {
    const stage = this.#stages.get(id);
    if (stage && "cancel" in stage) stage.cancel();
    this.#stages.delete(id);
  }
}
