// What each field of each frame means, in a line. The types make it complete: a field without a line, or a
// line without a field, does not compile. SPEC.md's tables are made from this and from frames.ts.

import type { change, clientFrame, head, serverFrame } from "./frames.ts";
import type { limits } from "./limits.ts";

type MeaningsOf<R> = R extends { readonly fields: infer F } ? { readonly [K in keyof F]: string } : never;
type MeaningsOfChoice<C> = C extends { readonly members: infer M }
  ? {
      readonly [K in keyof M]: { readonly about: string } & (M[K] extends { type: infer R }
        ? MeaningsOf<R>
        : never);
    }
  : never;

const commandId =
  "A number that the client chooses; the answer (`ack`, `caughtUp` or `refused`) carries it back.";

export const clientMeanings: MeaningsOfChoice<typeof clientFrame> = {
  hello: {
    about: "The first frame of a connection: who is there. [W5]",
    version: "The protocol version that the client speaks: 1.",
    token: "The session's token. Left out when a cookie came with the upgrade.",
    agent: "Name and version of the client's software, for the operator's eyes.",
    audit: "True: this session offers to report what it shows. False: it will not. [W37]",
  },
  ping: { about: "Are you there? Sent every `heartbeatMs`. [W26]" },
  send: {
    about: "A new message. Answered by `ack`. [W9]",
    id: commandId,
    conversation: "Where.",
    name: "The client's name for this message: 8 random bytes.",
    text: "What is said; 1 to `textBytesMax` bytes of UTF-8.",
    replyTo: "The `seq` of the message that this one answers.",
    again: "True when this name may have been sent before.",
  },
  edit: {
    about: "Replaces a message's text. Answered by `ack`. [W12]",
    id: commandId,
    conversation: "Where.",
    seq: "Which message.",
    text: "The new text.",
  },
  delete: {
    about: "Turns a message into a tombstone. Answered by `ack`. [W12]",
    id: commandId,
    conversation: "Where.",
    seq: "Which message.",
  },
  react: {
    about: "Puts an emoji under a message or takes it back. Answered by `ack`. [W20]",
    id: commandId,
    conversation: "Where.",
    seq: "Which message.",
    emoji: "Up to `emojiBytesMax` bytes of UTF-8.",
    on: "True puts it, false takes it back.",
  },
  since: {
    about: "What changed? Answered by `caughtUp`. [W18]",
    id: commandId,
    conversation: "Where.",
    rev: "The last rev that the client has applied without a gap.",
    seq: "The newest message that the client has without a gap; 0 for none.",
  },
  read: {
    about: "The person has read up to here. No answer. [W22]",
    conversation: "Where.",
    seq: "The newest message read.",
  },
  typing: { about: "The person is typing. No answer. [W24]", conversation: "Where." },
  look: {
    about: "What the person looks at now; replaces the `look` before. No answer. [W25]",
    conversations: "Whose typing and read cursors to tell.",
    users: "Whose presence to tell.",
  },
  audit: {
    about: "What this session has shown, by number. No answer. [W38]",
    shown: "The conversations that it answers for and that something happened in.",
    ignored: "Messages that came again and were ignored, since the report before.",
    doubled: "Messages that were shown twice as new, since the report before: should be 0.",
    healedMs: "How long each gap lasted that healed since the report before.",
    more: "True: the report goes on in the next `audit`.",
  },
};

export const serverMeanings: Omit<MeaningsOfChoice<typeof serverFrame>, "unknown"> = {
  welcome: {
    about: "The answer to `hello`: who you are and where your conversations stand. [W6]",
    version: "The protocol version that this connection speaks.",
    user: "Whose session this is.",
    session: "Which session (device) this is.",
    at: "The server's clock, in milliseconds since 1970.",
    heartbeatMs: "How often to `ping`.",
    heads: "Where each conversation stands.",
    complete: "False: there are more conversations than these; the others come over HTTP.",
    auditEveryMs: "Please report what you show (`audit`), this often; left out: do not. [W37]",
  },
  pong: {
    about: "I am here. [W26]",
    heads: "Conversations with changes since the `pong` before; left out when there are none.",
  },
  ack: {
    about: "It is done and stored. [W11]",
    id: "The command's.",
    rev: "The conversation's rev of this change.",
    seq: "The message's number.",
    at: "When, by the server's clock, in milliseconds since 1970.",
  },
  refused: {
    about: "It is not done, or the connection ends. [W29]",
    code: "Which refusal, from the closed list.",
    id: "The command's; left out when the refusal is about the frame or the connection.",
    retryAfterMs: "How long to wait before trying again.",
    detail: "For the developer's eyes; its wording may change.",
  },
  changes: {
    about: "What changed in one conversation, in rising rev. [W15]",
    conversation: "Where.",
    changes: "The new state of each changed row.",
  },
  caughtUp: {
    about: "The answer to `since`. [W18]",
    id: "The command's.",
    conversation: "Where.",
    rev: "The conversation's rev that this answer brings the client to.",
    lastSeq: "The number of the newest message.",
    reset: "True: too far behind; drop what is kept of this conversation and read pages from the newest.",
    changes: "The present state of each row that changed since; empty with `reset`.",
  },
  read: {
    about: "A member has read up to here. [W22]",
    conversation: "Where.",
    member: "Whose cursor.",
    seq: "The newest message read.",
  },
  typing: { about: "A member is typing. [W24]", conversation: "Where.", member: "Who." },
  presence: { about: "Who is online, of the users looked at. [W25]", users: "Their present state." },
  joined: { about: "You are a member of this conversation now. [W7]", head: "Where it stands." },
  left: {
    about: "You are no longer a member of this conversation. [W7]",
    conversation: "Which.",
  },
  drain: {
    about: "Come back, perhaps elsewhere: this server is about to stop, or another has more room. [W33]",
    reconnectAfterMs: "Give nothing more here, and connect anew after this long.",
  },
  packed: {
    about: "Another frame, compressed. [W28]",
    deflated: "Raw DEFLATE (RFC 1951) of one whole frame of the same codec, never of a `packed` one.",
  },
};

export const changeMeanings: Omit<MeaningsOfChoice<typeof change>, "unknown"> = {
  message: {
    about: "A new, edited or deleted message: its whole state.",
    rev: "The change's number.",
    seq: "The message's number in its conversation.",
    author: "Who said it: a member number.",
    at: "When it was stored, in milliseconds since 1970.",
    text: "What is said; empty when deleted.",
    name: "The author's client's name for it, by which that client knows its own message.",
    replyTo: "The `seq` of the message that this one answers.",
    editedAt: "When it was last edited.",
    deletedAt: "When it was deleted: it is a tombstone, its text is gone, its number stays.",
    reactions: "Only in answers to one reader (`caughtUp`, history); absent means: as before.",
  },
  reaction: {
    about: "One member's emoji under a message was put or taken back.",
    rev: "The change's number.",
    seq: "Which message.",
    member: "Whose.",
    emoji: "Which.",
    on: "True: put. False: taken back.",
    count: "How many members have chosen this emoji now.",
  },
  member: {
    about: "A member joined, left, was removed, or has another role.",
    rev: "The change's number.",
    member: "Their number in this conversation; kept when they leave and return.",
    user: "Who that is.",
    role: "`owner`, `admin` or `member`.",
    active: "False once they have left or were removed.",
    displayName: "What to call them; empty when the server did not look it up.",
  },
  conversation: {
    about: "The conversation's title changed.",
    rev: "The change's number.",
    title: "Its title now.",
  },
};

export const partMeanings = {
  head: {
    about: "Where a conversation stands, for one reader.",
    conversation: "Which.",
    rev: "Its newest change.",
    lastSeq: "Its newest message; 0 for none.",
    readSeq: "The newest message that the reader has read.",
    member: "The reader's own member number.",
  } satisfies { readonly about: string } & MeaningsOf<typeof head>,
  beat: {
    about: "Where a conversation stands, in a `pong`.",
    conversation: "Which.",
    rev: "Its newest change.",
  },
  presence: {
    about: "Whether a user is there.",
    user: "Who.",
    online: "True while at least one session is connected.",
    lastSeenAt: "When the last one ended, in milliseconds since 1970; only when offline and known.",
  },
  reaction: {
    about: "One emoji under a message.",
    emoji: "Which.",
    count: "How many members chose it.",
    mine: "Whether the reader is one of them.",
  },
  shown: {
    about: "What was shown of one conversation, in an `audit`.",
    conversation: "Which.",
    after: "Everything up to this `seq` was reported before, or was not the session's to show one by one.",
    ranges: "What was shown above it, in rising order, neither overlapping nor touching.",
  },
  range: {
    about: "Messages without a hole between them.",
    from: "The first `seq`.",
    to: "The last `seq`.",
  },
} as const;

export const limitMeanings: Record<keyof typeof limits, string> = {
  textBytesMax: "A message's text, in bytes of UTF-8.",
  frameBytesMax: "One frame from a client, in bytes.",
  emojiBytesMax: "A reaction's emoji, in bytes of UTF-8.",
  emojiPerMessageMax: "Different emoji under one message.",
  titleCharsMax: "A conversation's title, in characters.",
  lookConversationsMax: "Conversations in one `look`.",
  lookUsersMax: "Users in one `look`.",
  catchUpRowsMax: "Rows in one `caughtUp`; further behind is a `reset`.",
  catchUpCharsMax: "Characters of text in one `caughtUp`; more is a `reset`.",
  pageMessagesMax: "Messages in one page of history (HTTP).",
  pageMembersMax: "Members in one page of members (HTTP).",
  welcomeHeadsMax: "Heads in one `welcome`; the others come over HTTP.",
  commandsInFlightMax: "Commands of one session that are not answered yet.",
  helloWithinMs: "A connection without `hello` is closed after this.",
  heartbeatMs: "How often a client sends `ping`, unless `welcome` names another time.",
  silenceMs: "A side that has heard nothing for this long closes; 2.5 times another heartbeat.",
  gapGraceMs: "How long a client waits for a missing rev before it asks `since`.",
  typingHoldsMs: "How long a `typing` notice holds.",
  typingEveryMs: "How often, at most, a client repeats `typing`.",
  packAboveBytes: "Server frames above this may come `packed`.",
  receiptsMembersMax: "Typing and read cursors are told in conversations of up to this many members.",
  auditConversationsMax: "Conversations in one `audit`.",
  auditRangesMax: "Ranges of one conversation in one `audit`.",
  auditGapsMax: "Healed gaps in one `audit`.",
  auditedConversationsMax: "Conversations that one session answers for.",
  auditFramesMax: "Frames of `audit` within one `auditEveryMs`; more are disbelieved.",
};
