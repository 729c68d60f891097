// Made-up people, conversations and messages for the contract suites. Ids come from a seed and are never given
// twice in a process, so that many tests can share one database.

import { toBase64Url } from "#base/base64url.ts";
import {
  type ConversationId,
  type MemberNo,
  type MessageName,
  type Rev,
  type Seq,
  type SessionId,
  type UserId,
  uuidV7,
} from "#base/ids.ts";
import type { Conversation, ConversationKind, Role } from "#core/conversations/conversation.ts";
import type { Message } from "#core/messages/message.ts";
import type { NewAccount, NewSession } from "#ports/accounts.ts";
import type { MessageLog, NewMessage } from "#ports/message-log.ts";
import type { StorePorts } from "./store-under-test.ts";

/** The seed of every chance in these suites; another one by BANYAN_TEST_SEED. */
export const seed = Number(process.env.BANYAN_TEST_SEED ?? 20261123);

let state = seed >>> 0;
function randomBytes(count: number): Uint8Array {
  return Uint8Array.from({ length: count }, () => {
    // mulberry32 by Tommy Ettinger (public domain)
    state = (state + 0x6d2b79f5) >>> 0;
    let word = Math.imul(state ^ (state >>> 15), state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) & 255;
  });
}

let timeMs = 1_790_000_000_000;
/** A time of its own, later than those given before. */
export function nextTime(): number {
  return ++timeMs;
}

const uuid = () => uuidV7(nextTime(), randomBytes(10));
export const newUser = () => uuid() as UserId;
export const newUsers = (count: number) => Array.from({ length: count }, newUser);
export const newConversationId = () => uuid() as ConversationId;
export const newName = () => toBase64Url(randomBytes(8)) as MessageName;
export const newSessionId = () => uuid() as SessionId;
export const newHash = () => randomBytes(32);

export const seq = (value: number) => value as Seq;
export const rev = (value: number) => value as Rev;
export const no = (value: number) => value as MemberNo;

/** A conversation whose members, numbered 1, 2 ..., are `users`; the first one is its owner. */
export async function openConversation(
  { conversationStore }: Pick<StorePorts, "conversationStore">,
  users: readonly UserId[] = newUsers(2),
  kind: ConversationKind = "group",
  id: ConversationId = newConversationId(),
): Promise<Conversation> {
  const roleAt = (index: number): Role => (index === 0 && kind !== "direct" ? "owner" : "member");
  const members = users.map((user, index) => ({ user, role: roleAt(index) }));
  const title = kind === "direct" ? "" : "A room";
  const wanted = { id, kind, title, homeRegion: "home", createdAt: nextTime(), members };
  return (await conversationStore.create(wanted)).conversation;
}

export function newMessage(conversation: ConversationId, wish: Partial<NewMessage> = {}): NewMessage {
  const text = `message of ${nextTime()}`;
  return { conversation, author: no(1), name: newName(), at: nextTime(), text, again: false, ...wish };
}

/** Appends `sends` of one conversation as one group. */
export async function appendGroup(log: MessageLog, sends: readonly NewMessage[]) {
  const answers = await log.append(log.laneOf(sends[0]!.conversation), sends);
  return answers.map((answer) => {
    if (answer === "unknown_conversation") throw new Error("the conversation should be known");
    return answer;
  });
}

/** `count` messages of one conversation, appended as one group. */
export async function fill(log: MessageLog, conversation: ConversationId, count: number) {
  const sends = Array.from({ length: count }, () => newMessage(conversation));
  if (count > 0) await appendGroup(log, sends);
  return sends;
}

/** What history shows of a send, but its numbers. */
export function stored({ author, at, text, name }: NewMessage) {
  return { author, at, text, name, reactions: [] };
}

/** All messages, paged backwards from the head. */
export async function allMessages(
  log: MessageLog,
  conversation: ConversationId,
  reader: MemberNo,
  pageSize = 200,
): Promise<Message[]> {
  let page = await log.page(conversation, "head", pageSize, reader);
  const messages: Message[] = [...(page?.messages ?? [])];
  while (page?.hasBefore) {
    page = await log.page(conversation, { before: messages[0]!.seq }, pageSize, reader);
    if (!page || page.messages.length === 0)
      throw new Error("a page says that more exist, and there is none");
    messages.unshift(...page.messages);
  }
  return messages;
}

export function newAccount(wish: Partial<NewAccount> = {}): NewAccount {
  const createdAt = nextTime();
  const handle = `person-${createdAt.toString(36)}`;
  return {
    user: newUser(),
    handle,
    displayName: `Person ${createdAt}`,
    passwordHash: "$argon2id$v=19$m=65536,t=2,p=1$c2FsdA$aGFzaA",
    createdAt,
    open: true,
    ...wish,
  };
}

export function newSession(user: UserId, wish: Partial<NewSession> = {}): NewSession {
  const createdAt = nextTime();
  return {
    user,
    session: newSessionId(),
    device: "A browser",
    isBot: false,
    createdAt,
    lastSeenAt: createdAt,
    expiresAt: createdAt + 1_000_000,
    secretHash: newHash(),
    ...wish,
  };
}

/** Texts that have broken some store, codec or page before. */
export const hostileTexts: readonly string[] = [
  "'; drop table messages; --",
  `"double" 'single' \`back\` $$dollar$$ $1 :name ?`,
  "back\\slash \\n \\u0041 \\x00 \\' \\",
  "{braces} {} {,} {null,\"x\",'y'} (row,1) [1:2]={a,b}",
  "NULL",
  "null",
  "\\N",
  "<script>alert(1)</script> &amp; <img src=x onerror=alert(1)>",
  "%_%% _ * ? ^",
  " leading, trailing and \t tabs \v \f ",
  "lines\nof\r\nall\rkinds\u2028and\u2029paragraphs\u0085",
  "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 é (e with a combining accent: é)",
  "שלום عليكم \u202eright to left\u202c \u200f\u200e\u2066isolated\u2069",
  "\uffff\ufffe\ufeff\ufffd\u{10ffff}\u{1f4a9}",
  "\u0001\u0002\u0007\u001b[31mred\u001b[0m\u007f",
  "İıſK ß ẞ Ǆ fi",
  "0",
  "-1e309",
  "true",
  "x".repeat(16 * 1024),
  "🌳".repeat(4 * 1024),
];
