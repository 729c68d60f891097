// The face of the package that `./banyan build-sdk` makes: all that an application outside this house may use.
// The one place that hands on names of other files, because a package has one entry.

export type {
  ConversationId,
  MemberNo,
  MessageName,
  Rev,
  Seq,
  SessionId,
  UserId,
} from "#base/ids.ts";
export type { Result } from "#base/result.ts";
export { limits } from "#protocol/limits.ts";
export type * from "#sdk/account-types.ts";
export { createClient } from "#sdk/client.ts";
export type * from "#sdk/conversation-types.ts";
export { maxima } from "#sdk/maxima.ts";
export type * from "#sdk/platform.ts";
export type { Answer, AnyRefusalCode, ApiRefusalCode, LocalRefusalCode, Refusal } from "#sdk/refusals.ts";
export type { OutboxEntry, Store, StoredConversation, StoredState } from "#sdk/store.ts";
export { createIndexedDbStore } from "#sdk/store-indexeddb.ts";
export { createMemoryStore } from "#sdk/store-memory.ts";
export type * from "#sdk/types.ts";
