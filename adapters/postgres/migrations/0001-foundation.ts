// The first schema. Conversation side: bucket first in every key, split by it. User side: the user first.
// The two families have no foreign key between them and are never joined (DESIGN, data rule 1).

import type { Migration } from "./migration.ts";
import { partitionsOf } from "./partitions.ts";

const conversationSide = [
  // Updated with each group of messages: no index holds what changes, and half of each page is kept free, so
  // that the new version of a row finds room beside the old one (HOT). title_rev and members_rev: the rev of the
  // newest change of the title and of any member.
  `create table conversations (
    bucket smallint not null,
    id uuid not null,
    kind smallint not null check (kind between 1 and 3),
    title text not null,
    home_region text not null,
    created_at bigint not null,
    last_seq bigint not null default 0,
    rev bigint not null,
    title_rev bigint not null,
    members_rev bigint not null,
    last_member_no int not null,
    member_count int not null,
    primary key (bucket, id)
  ) with (fillfactor = 50)`,
  "create index conversations_channels on conversations (created_at, bucket) where kind = 3",

  // joined_seq: where the conversation stood when this membership began, so that it can be told again.
  `create table members (
    bucket smallint not null,
    conversation_id uuid not null,
    member_no int not null,
    user_id uuid not null,
    role smallint not null check (role between 1 and 3),
    active boolean not null,
    rev bigint not null,
    joined_seq bigint not null,
    primary key (bucket, conversation_id, member_no),
    unique (bucket, conversation_id, user_id)
  ) partition by list (bucket)`,
  ...partitionsOf("members"),
  "create index members_by_rev on members (bucket, conversation_id, rev)",

  // rev is the receipt of the send and stays; changed_rev is the newest edit, deletion or reaction.
  `create table messages (
    bucket smallint not null,
    conversation_id uuid not null,
    seq bigint not null,
    rev bigint not null,
    changed_rev bigint,
    at bigint not null,
    reply_to bigint,
    edited_at bigint,
    deleted_at bigint,
    author_no int not null,
    name text collate "C" not null,
    text text not null,
    primary key (bucket, conversation_id, seq),
    unique (bucket, conversation_id, author_no, name)
  ) partition by list (bucket)`,
  ...partitionsOf("messages"),
  "create index messages_changed on messages (bucket, conversation_id, changed_rev) where changed_rev is not null",

  // emoji_rev: the rev at which this emoji came to this message, which is their order.
  `create table reactions (
    bucket smallint not null,
    conversation_id uuid not null,
    seq bigint not null,
    emoji text collate "C" not null,
    member_no int not null,
    emoji_rev bigint not null,
    at bigint not null,
    primary key (bucket, conversation_id, seq, emoji, member_no)
  ) partition by list (bucket)`,
  ...partitionsOf("reactions"),

  // Ordered by the transaction that wrote it; see outbox.ts.
  `create table outbox (
    bucket smallint not null,
    id uuid not null,
    xid xid8 not null default pg_current_xact_id(),
    event jsonb not null,
    primary key (bucket, id)
  )`,
  "create index outbox_order on outbox (xid, id)",

  `create table outbox_consumers (
    consumer text primary key,
    xid xid8 not null,
    id uuid not null
  )`,
];

const userSide = [
  `create table users (
    user_id uuid primary key,
    handle text not null,
    display_name text not null,
    search text not null,
    password_hash text not null,
    is_owner boolean not null,
    created_at bigint not null
  )`,
  `create table handles (
    handle text collate "C" primary key,
    user_id uuid not null
  )`,
  `create table sessions (
    user_id uuid not null,
    session_id uuid not null,
    secret_hash bytea not null,
    device text not null,
    created_at bigint not null,
    last_seen_at bigint not null,
    expires_at bigint not null,
    primary key (user_id, session_id)
  ) with (fillfactor = 80)`,
  // read_seq is in no index, so that reading on is a HOT update.
  `create table inbox (
    user_id uuid not null,
    conversation_id uuid not null,
    member_no int not null,
    rev bigint not null,
    active boolean not null,
    read_seq bigint not null,
    primary key (user_id, conversation_id)
  ) with (fillfactor = 70)`,
  `create table invitations (
    token_hash bytea primary key,
    created_by uuid not null,
    created_at bigint not null,
    expires_at bigint not null,
    uses_left int not null check (uses_left >= 0)
  )`,
  // At most one row: whoever writes it is the first account, and the owner.
  `create table installation (
    id smallint primary key check (id = 1),
    owner uuid not null,
    created_at bigint not null
  )`,
];

export const foundation: Migration = {
  id: 1,
  name: "foundation",
  codeMin: 1,
  statements: [...conversationSide, ...userSide],
};
