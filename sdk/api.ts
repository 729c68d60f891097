// The calls of the HTTP API that are about conversations, as the server gives them.

import type { ConversationId, MemberNo, UserId } from "#base/ids.ts";
import type { Channel, Person } from "./account-types.ts";
import type { ConversationKind, Member, Role } from "./conversation-types.ts";
import type { MessageFields } from "./feed.ts";
import type { Http } from "./http.ts";
import type { Answer } from "./refusals.ts";

export interface SummaryAnswer {
  readonly conversation: ConversationId;
  readonly kind: ConversationKind;
  readonly title: string;
  readonly rev: number;
  readonly lastSeq: number;
  readonly memberCount: number;
  readonly createdAt: number;
  readonly me: { readonly member: number; readonly role: Role; readonly readSeq: number };
  readonly lastMessage?: MessageFields;
  readonly lastAuthor?: { readonly member: number; readonly user: UserId; readonly displayName: string };
  readonly other?: Person;
}

export interface OpenedAnswer extends SummaryAnswer {
  readonly cursors: readonly { readonly member: number; readonly seq: number }[];
  /** Where it was asked for, and the server's release knows of that. */
  readonly page?: PageAnswer;
}

export interface PageAnswer {
  readonly rev: number;
  readonly lastSeq: number;
  readonly messages: readonly MessageFields[];
  readonly hasBefore: boolean;
  readonly hasAfter: boolean;
}

export type PageFrom = { before: number } | { after: number } | { around: number } | "head";

export class Api {
  constructor(readonly http: Http) {}

  list(after: ConversationId | undefined): Answer<{ conversations: SummaryAnswer[]; next?: ConversationId }> {
    return this.http.get("/v1/conversations", { after, limit: 100 });
  }

  /** `messages`: so many of the newest with it. */
  open(id: ConversationId, messages?: number): Answer<OpenedAnswer> {
    return this.http.get(`/v1/conversations/${id}`, { messages });
  }

  page(id: ConversationId, from: PageFrom, limit: number): Answer<PageAnswer> {
    return this.http.get(`/v1/conversations/${id}/messages`, { ...(from !== "head" && from), limit });
  }

  members(
    id: ConversationId,
    query: { after?: number; limit?: number; numbers?: string },
  ): Answer<{ members: Member[]; next?: number }> {
    return this.http.get(`/v1/conversations/${id}/members`, query);
  }

  membersByNumber(id: ConversationId, numbers: readonly MemberNo[]): Answer<{ members: Member[] }> {
    return this.members(id, { numbers: numbers.join(",") });
  }

  create(wish: { kind: ConversationKind; title?: string; users: readonly UserId[] }): Answer<SummaryAnswer> {
    return this.http.request("POST", "/v1/conversations", wish);
  }

  join(id: ConversationId): Answer<SummaryAnswer> {
    return this.http.request("POST", `/v1/conversations/${id}/join`);
  }

  leave(id: ConversationId): Answer<void> {
    return this.http.request("POST", `/v1/conversations/${id}/leave`);
  }

  rename(id: ConversationId, title: string): Answer<void> {
    return this.http.request("PATCH", `/v1/conversations/${id}`, { title });
  }

  addMembers(id: ConversationId, users: readonly UserId[]): Answer<void> {
    return this.http.request("POST", `/v1/conversations/${id}/members`, { users });
  }

  removeMember(id: ConversationId, user: UserId): Answer<void> {
    return this.http.request("DELETE", `/v1/conversations/${id}/members/${user}`);
  }

  setRole(id: ConversationId, user: UserId, role: Role): Answer<void> {
    return this.http.request("PATCH", `/v1/conversations/${id}/members/${user}`, { role });
  }

  people(ids: readonly UserId[]): Answer<{ users: Person[] }> {
    return this.http.get("/v1/users", { ids: ids.join(",") });
  }

  search(q: string, limit: number): Answer<{ users: Person[] }> {
    return this.http.get("/v1/users", { q, limit });
  }

  channels(q: string, limit: number): Answer<{ channels: Channel[] }> {
    return this.http.get("/v1/channels", { q, limit });
  }
}
