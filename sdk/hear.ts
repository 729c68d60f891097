// What each frame of a live connection means to the sync.

import type { ConversationId, MemberNo } from "#base/ids.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import { refusalOf } from "./refusals.ts";
import type { Sync } from "./sync.ts";

export function hear(sync: Sync, frame: ServerFrame): void {
  const { commands, events } = sync.parts;
  switch (frame.kind) {
    case "ack":
    case "caughtUp":
      commands.answer(frame);
      break;
    case "refused":
      // With a number it is the answer to a command, or to one that is not awaited any more.
      if (!commands.answer(frame) && frame.id === undefined)
        events.emit("refused", { refusal: refusalOf(frame) });
      break;
    case "changes": {
      const known = sync.knownOrAsked(frame.conversation as ConversationId);
      if (known) sync.report.received(known.id, frame.changes);
      known?.feed.receive(frame.changes);
      if (known) sync.settle(known);
      break;
    }
    case "pong":
      for (const { conversation, rev } of frame.heads ?? []) {
        const known = sync.knownOrAsked(conversation as ConversationId);
        known?.feed.heard(rev);
        if (known) sync.catchUp.check(known.id);
        if (known) sync.report.settled(known.id);
      }
      sync.report.pong();
      break;
    case "read":
      sync.cursor(frame.conversation as ConversationId, frame.member, frame.seq);
      break;
    case "typing": {
      const known = sync.known.get(frame.conversation as ConversationId);
      if (known) sync.typing.heard(known, frame.member as MemberNo);
      break;
    }
    case "joined": {
      const id = frame.head.conversation as ConversationId;
      sync.head(frame.head);
      sync.report.joined(id);
      sync.background.summary(id);
      // What one looks at counts only from the moment when one is a member.
      if (sync.views.has(id)) sync.views.live();
      break;
    }
    case "left":
      sync.gone(frame.conversation as ConversationId);
      break;
  }
}
