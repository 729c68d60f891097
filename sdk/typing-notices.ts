// Who types now: a notice holds for a while, and ends with what was typed.

import type { ConversationId, MemberNo } from "#base/ids.ts";
import { limits } from "#protocol/limits.ts";
import type { KnownConversation } from "./known-conversation.ts";
import type { Clock } from "./types.ts";

export class TypingNotices {
  constructor(
    readonly clock: Clock,
    readonly changed: (id: ConversationId, members: readonly MemberNo[]) => void,
  ) {}

  heard(known: KnownConversation, member: MemberNo): void {
    if (known.typing.size >= limits.receiptsMembersMax && !known.typing.has(member)) return;
    known.typing.get(member)?.();
    known.typing.set(
      member,
      this.clock.after(limits.typingHoldsMs, () => this.ended(known, member)),
    );
    this.#tell(known);
  }

  ended(known: KnownConversation, member: MemberNo): void {
    known.typing.get(member)?.();
    if (known.typing.delete(member)) this.#tell(known);
  }

  #tell(known: KnownConversation): void {
    this.changed(known.id, [...known.typing.keys()]);
  }
}
