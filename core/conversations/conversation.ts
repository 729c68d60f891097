// What a conversation and a membership are. Facts are gathered by services and handed to decisions.

import type { Bucket, ConversationId, MemberNo, Rev, Seq, UserId } from "#base/ids.ts";

/** direct: exactly one for a pair. group: by invitation. channel: anyone of the installation may join. */
export type ConversationKind = "direct" | "group" | "channel";
export type Role = "owner" | "admin" | "member";

export interface Conversation {
  readonly id: ConversationId;
  readonly bucket: Bucket;
  readonly kind: ConversationKind;
  /** Empty for a direct conversation: each side sees the other's name. */
  readonly title: string;
  /** The region that numbers this conversation; "home" where there is one region only. */
  readonly homeRegion: string;
  readonly createdAt: number;
  readonly rev: Rev;
  readonly lastSeq: Seq;
  /** Active members. */
  readonly memberCount: number;
}

export interface Member {
  readonly conversation: ConversationId;
  readonly user: UserId;
  readonly member: MemberNo;
  readonly role: Role;
  /** False once the member has left or was removed; the number stays theirs. */
  readonly active: boolean;
  /** The conversation's rev at which this row last changed. */
  readonly rev: Rev;
}
