// Where a client keeps what shall survive a reload: messages that are not acknowledged, and what was seen last.
// A store belongs to one person; the client empties it when somebody else logs in.
// Several clients (tabs) may share one: entries are known by name, so nothing is lost or doubled by it.

import type { ConversationId, MemberNo, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Account, Person } from "./account-types.ts";
import type { ConversationKind, Member, Message, Role } from "./conversation-types.ts";
import type { Refusal } from "./refusals.ts";

/** A send that the server has not acknowledged yet. */
export interface OutboxEntry {
  readonly name: MessageName;
  readonly conversation: ConversationId;
  readonly text: string;
  readonly replyTo?: Seq;
  /** Milliseconds since 1970, by this device's clock. */
  readonly createdAt: number;
  /** Rises with each send of a client: the order within a conversation. */
  readonly order: number;
  /** Set when it was refused for good: kept for the person to retry or discard. */
  readonly refusal?: Refusal;
}

/** A conversation as last seen. `messages` are the newest ones, without a hole, current for `rev`. */
export interface StoredConversation {
  readonly id: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string;
  readonly other?: Person;
  readonly role: Role;
  readonly member: MemberNo;
  readonly memberCount: number;
  readonly createdAt: number;
  readonly rev: Rev;
  /** The newest message at `rev`. */
  readonly seq: Seq;
  readonly readSeq: Seq;
  readonly messages: readonly Message[];
  readonly lastMessage?: Message;
  readonly lastAuthor?: { readonly member: number; readonly displayName: string };
  /** Those who speak in `messages`. */
  readonly members: readonly Member[];
}

export interface StoredState {
  /** Whose state this is; null while nobody's. */
  readonly owner: UserId | null;
  readonly account: Account | null;
  readonly outbox: readonly OutboxEntry[];
  readonly conversations: readonly StoredConversation[];
}

/** Every promise may reject (a full disk); the client goes on without keeping, and tells `storageFailed`. */
export interface Store {
  load(): Promise<StoredState>;
  /** Called before anything of this person is put. */
  setOwner(owner: UserId, account: Account | null): Promise<void>;
  /** Adds or replaces, by name. */
  putOutbox(entry: OutboxEntry): Promise<void>;
  removeOutbox(name: MessageName): Promise<void>;
  outbox(): Promise<readonly OutboxEntry[]>;
  /** Adds or replaces, each whole. */
  putConversations(conversations: readonly StoredConversation[]): Promise<void>;
  removeConversation(id: ConversationId): Promise<void>;
  /** Forgets everything. */
  clear(): Promise<void>;
}
