// Step 5 of a message's way: a frame of a live session becomes a command, its answer a frame again.

import type { ConversationId, MessageName, Rev, Seq } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import type { Refusal } from "#core/refusal.ts";
import type { Messaging, Receipt } from "#ports/messaging.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { DeliveryAudit } from "./audit.ts";
import { inTurn, withinSize } from "./catch-up-turns.ts";
import type { Holds } from "./holds.ts";
import type { Hub } from "./hub.ts";
import type { Lookers } from "./look.ts";
import { encodePacked } from "./pack.ts";
import type { Receipts } from "./receipts.ts";
import type { ClientSession } from "./session.ts";
import { caughtUpFrame, refusedFrame } from "./translate.ts";

export type Command = Exclude<ClientFrame, { kind: "hello" }>;
type Send = Extract<Command, { kind: "send" }>;
type Since = Extract<Command, { kind: "since" }>;

export interface CommandNeeds {
  readonly messaging: Messaging;
  readonly hub: Hub;
  readonly lookers: Lookers;
  readonly audit: DeliveryAudit;
  readonly holds: Holds;
  readonly receipts: Receipts;
}

/** What is written into the log, and may have to wait. */
export function isWrite({ kind }: Command): boolean {
  return kind === "send" || kind === "edit" || kind === "delete" || kind === "react";
}

/** Answers the frame, now or when its work is done. Rejects only for a bug or a broken store. */
export function obey(needs: CommandNeeds, session: ClientSession, frame: Command): Promise<void> | undefined {
  const { messaging } = needs;
  const { user } = session;
  switch (frame.kind) {
    case "ping":
      return void pong(needs.hub, session);
    case "send":
      return send(needs, session, frame);
    case "edit": {
      const { id, conversation, seq, text } = frame;
      return receipted(
        needs,
        session,
        id,
        messaging.edit(user, conversation as ConversationId, seq as Seq, text),
      );
    }
    case "delete": {
      const { id, conversation, seq } = frame;
      return receipted(
        needs,
        session,
        id,
        messaging.remove(user, conversation as ConversationId, seq as Seq),
      );
    }
    case "react": {
      const { id, conversation, seq, emoji, on } = frame;
      return receipted(
        needs,
        session,
        id,
        messaging.react(user, conversation as ConversationId, seq as Seq, emoji, on),
      );
    }
    case "since":
      return since(messaging, session, frame);
    case "read":
      return unanswered(
        session,
        messaging.read(user, frame.conversation as ConversationId, frame.seq as Seq),
      );
    case "typing":
      return unanswered(session, messaging.typing(user, frame.conversation as ConversationId));
    case "look":
      return void needs.lookers.look(session, frame);
    case "audit":
      return void needs.audit.report(session, frame);
  }
}

async function send(needs: CommandNeeds, session: ClientSession, frame: Send): Promise<void> {
  const { id, text, replyTo, again = false } = frame;
  const name = frame.name as MessageName;
  const conversation = frame.conversation as ConversationId;
  session.namesInFlight ??= new Set();
  session.namesInFlight.add(name);
  try {
    const command = { user: session.user, conversation, name, text, again };
    const sent = needs.messaging.send(replyTo ? { ...command, replyTo: replyTo as Seq } : command);
    await receipted(needs, session, id, sent);
  } finally {
    session.namesInFlight.delete(name);
  }
}

async function receipted(
  { holds, receipts }: CommandNeeds,
  session: ClientSession,
  id: number,
  answer: Promise<Result<Receipt, Refusal>>,
): Promise<void> {
  const result = await answer;
  if (result.ok)
    return receipts.tell(session, session.codec.encodeServer({ kind: "ack", id, ...result.value }));
  const { refusal } = result;
  if (refusal.reason !== "overloaded") return session.answer(refusedFrame(refusal, id));
  const retryAfterMs = holds.hold(session, refusal.retryAfterMs ?? 0);
  session.answer(refusedFrame({ ...refusal, retryAfterMs }, id));
}

async function since(messaging: Messaging, session: ClientSession, frame: Since): Promise<void> {
  const { id, rev, seq } = frame;
  const conversation = frame.conversation as ConversationId;
  const answer = await inTurn(session, () =>
    messaging.since(session.user, conversation, rev as Rev, seq as Seq, limits.catchUpRowsMax),
  );
  if (answer === null) session.answer(refusedFrame(tooMuchAtOnce, id));
  else if (!answer.ok) session.answer(refusedFrame(answer.refusal, id));
  else {
    const caughtUp = caughtUpFrame(id, conversation, withinSize(session, answer.value));
    session.answerEncoded(encodePacked(session.codec, caughtUp));
  }
}

const tooMuchAtOnce: Refusal = { reason: "rate_limited", retryAfterMs: 1_000 };

/** `read` and `typing` are states, not commands: only a refusal is told. */
async function unanswered(session: ClientSession, answer: Promise<Result<null, Refusal>>): Promise<void> {
  const result = await answer;
  if (!result.ok) session.answer(refusedFrame(result.refusal));
}

function pong(hub: Hub, session: ClientSession): void {
  const news = hub.news(session);
  if (news.length === 0) return session.answer({ kind: "pong" });
  session.answer({
    kind: "pong",
    heads: news.map(({ conversation, rev }) => ({ conversation, rev })),
  });
}
