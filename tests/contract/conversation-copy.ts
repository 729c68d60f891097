// A conversation as a client keeps it: made from catch-ups, or read anew. Both must be equal (law 1).

import type { ConversationId } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { MessageLog } from "#ports/message-log.ts";
import { allMessages, no, rev, seq } from "./made-up.ts";
import type { StorePorts } from "./store-under-test.ts";

export interface Copy {
  readonly id: ConversationId;
  readonly rev: number;
  readonly lastSeq: number;
  readonly title: string;
  /** By seq. */
  readonly messages: Readonly<Record<number, unknown>>;
  /** By number. */
  readonly members: Readonly<Record<number, unknown>>;
}

const reader = no(1);

export function emptyCopy(id: ConversationId): Copy {
  return { id, rev: 0, lastSeq: 0, title: "", messages: {}, members: {} };
}

/** The copy with what changed since; throws where the answer breaks rule P6 by itself. */
export async function catchUp(log: MessageLog, copy: Copy, rowsMax: number): Promise<Copy> {
  const answer = await log.since(copy.id, rev(copy.rev), seq(copy.lastSeq), reader, rowsMax);
  if (!answer || answer.reset) throw new Error("rows were expected, not a reset");
  let next: Copy = { ...copy, rev: answer.rev, lastSeq: answer.lastSeq };
  let newest = copy.rev;
  for (const change of answer.changes) {
    if (change.rev <= newest || change.rev > answer.rev) throw new Error("rows are out of the order of revs");
    newest = change.rev;
    next = withChange(next, change);
  }
  return next;
}

function withChange(copy: Copy, change: Change): Copy {
  switch (change.kind) {
    case "message": {
      const { kind: _, ...message } = change;
      return { ...copy, messages: { ...copy.messages, [change.seq]: sorted(message) } };
    }
    case "member": {
      const { kind: _, displayName: __, ...member } = change;
      return { ...copy, members: { ...copy.members, [change.member]: member } };
    }
    case "conversation":
      return { ...copy, title: change.title };
    case "reaction":
      throw new Error("a catch-up gives rows, not reactions");
  }
}

export async function copyAnew(
  { messageLog, conversationStore }: StorePorts,
  id: ConversationId,
): Promise<Copy> {
  const [conversation] = await conversationStore.conversations([id]);
  const messages = await allMessages(messageLog, id, reader, 4);
  const members = await conversationStore.members(id, 0, 1000, true);
  return {
    id,
    rev: conversation!.rev,
    lastSeq: conversation!.lastSeq,
    title: conversation!.title,
    messages: Object.fromEntries(messages.map((message) => [message.seq, sorted(message)])),
    members: Object.fromEntries(members.map(({ conversation: _, ...member }) => [member.member, member])),
  };
}

/** The order of reactions is the adapter's. */
function sorted<T extends { readonly reactions?: readonly { readonly emoji: string }[] }>(message: T): T {
  const reactions = [...(message.reactions ?? [])].sort((a, b) => (a.emoji < b.emoji ? -1 : 1));
  return { ...message, reactions };
}
