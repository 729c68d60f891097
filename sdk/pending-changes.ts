// Edits, deletes and reactions on their way: shown at once over the message, given again after every break (each
// sets a state, so twice does no harm), gone when the feed has the change or the server has refused it.

import type { ConversationId } from "#base/ids.ts";
import { ok, refused } from "#base/result.ts";
import { backoffMs } from "./backoff.ts";
import type { AnswerFrame, Command, Commands } from "./commands.ts";
import type { Message, Reaction, Receipt } from "./conversation-types.ts";
import { maxima } from "./maxima.ts";
import type { Answer } from "./refusals.ts";
import { localRefusal, passes, refusalOf } from "./refusals.ts";
import type { Chance, Clock } from "./types.ts";

export type ChangeCommand = Extract<Command, { kind: "edit" | "delete" | "react" }>;

interface Pending {
  readonly command: ChangeCommand;
  readonly resolve: (answer: Awaited<Answer<Receipt>>) => void;
  inFlight: boolean;
  /** Set by the acknowledgement: shown until the feed is there. */
  rev: number | null;
}

export class PendingChanges {
  #pending: Pending[] = [];
  #paused: (() => void) | null = null;
  #refusals = 0;

  constructor(
    readonly parts: { commands: Commands; clock: Clock; chance: Chance },
    readonly listener: {
      changed(conversation: ConversationId): void;
      /** The server has numbered it: the feed will hear of this rev. */
      acknowledged(conversation: ConversationId, rev: number): void;
    },
  ) {}

  add(command: ChangeCommand): Answer<Receipt> {
    if (this.#pending.length >= maxima.pendingChangesMax)
      return Promise.resolve(refused(localRefusal("queue_full")));
    return new Promise((resolve) => {
      this.#pending.push({ command, resolve, inFlight: false, rev: null });
      this.listener.changed(command.conversation as ConversationId);
      this.pump();
    });
  }

  /** One at a time per message, so that a refusal in between cannot change the order. */
  pump(): void {
    if (this.#paused) return;
    const busy = new Set<string>();
    for (const pending of this.#pending) {
      if (!this.parts.commands.room) return;
      const row = `${pending.command.conversation} ${pending.command.seq}`;
      if (pending.rev !== null || busy.has(row)) continue;
      busy.add(row);
      if (!pending.inFlight) this.#give(pending);
    }
  }

  /** The message with what is on its way to it. */
  over(conversation: ConversationId, message: Message): Message | null {
    let shown: Message | null = null;
    for (const { command, rev } of this.#pending) {
      if (command.conversation !== conversation || command.seq !== message.seq) continue;
      if (rev === null || rev > message.rev) shown = changed(shown ?? message, command);
    }
    return shown;
  }

  has(conversation: ConversationId): boolean {
    return this.#pending.some(({ command }) => command.conversation === conversation);
  }

  /** The feed of this conversation stands at `rev` now. */
  reached(conversation: ConversationId, rev: number): void {
    this.#pending = this.#pending.filter(
      (pending) => pending.command.conversation !== conversation || pending.rev === null || pending.rev > rev,
    );
  }

  resume(): void {
    this.#paused?.();
    this.#paused = null;
  }

  clear(): void {
    this.resume();
    const all = this.#pending;
    this.#pending = [];
    for (const { resolve } of all) resolve(refused(localRefusal("stopped")));
  }

  #give(pending: Pending): void {
    pending.inFlight = true;
    this.parts.commands.give(
      pending.command,
      (answer) => this.#answered(pending, answer),
      () => {
        pending.inFlight = false;
      },
    );
  }

  #answered(pending: Pending, answer: AnswerFrame): void {
    pending.inFlight = false;
    const conversation = pending.command.conversation as ConversationId;
    if (answer.kind === "ack") {
      this.#refusals = 0;
      pending.rev = answer.rev;
      if (answer.rev === 0) this.#remove(pending);
      pending.resolve(ok({ rev: answer.rev, seq: answer.seq, at: answer.at } as Receipt));
      this.listener.acknowledged(conversation, answer.rev);
    } else if (answer.kind === "refused" && passes(answer.code)) {
      this.#pause(answer.retryAfterMs ?? backoffMs(this.#refusals++, this.parts.chance));
    } else if (answer.kind === "refused") {
      this.#remove(pending);
      pending.resolve(refused(refusalOf(answer)));
    }
    this.listener.changed(conversation);
  }

  #pause(forMs: number): void {
    this.#paused?.();
    this.#paused = this.parts.clock.after(forMs, () => {
      this.#paused = null;
      this.pump();
    });
  }

  #remove(pending: Pending): void {
    this.#pending = this.#pending.filter((other) => other !== pending);
  }
}

function changed(message: Message, command: ChangeCommand): Message {
  if (command.kind === "edit")
    return { ...message, text: command.text, editedAt: message.editedAt ?? message.at };
  if (command.kind === "delete") return { ...message, text: "", deletedAt: message.at, reactions: [] };
  return { ...message, reactions: withMine(message.reactions, command.emoji, command.on) };
}

function withMine(reactions: readonly Reaction[], emoji: string, on: boolean): readonly Reaction[] {
  const before = reactions.find((reaction) => reaction.emoji === emoji);
  if (!before) return on ? [...reactions, { emoji, count: 1, mine: true }] : reactions;
  if (before.mine === on) return reactions;
  const after = { emoji, count: before.count + (on ? 1 : -1), mine: on };
  return reactions
    .map((reaction) => (reaction === before ? after : reaction))
    .filter(({ count }) => count > 0);
}
