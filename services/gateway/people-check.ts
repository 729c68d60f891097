// Finds what a lost event about a person left behind: a conversation joined or left, a session revoked. What the
// inbox says otherwise than a session's rooms is asked of messaging before anything is done, and not done where an
// event about that person came meanwhile: nobody is let in, or put out, by an old answer.

import type { ConversationId, UserId } from "#base/ids.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";
import type { Inbox, InboxEntry } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Hub } from "./hub.ts";
import { inPortions } from "./in-portions.ts";
import type { ClientSession } from "./session.ts";

export interface PeopleCheckNeeds {
  readonly hub: Hub;
  readonly accounts: Pick<Accounts, "stillOpen">;
  readonly inbox: Pick<Inbox, "list">;
  readonly messaging: Pick<Messaging, "conversation">;
  readonly clock: Clock;
  /** As if the event had come. */
  readonly joined: (
    user: UserId,
    found: { conversation: ConversationId; member: InboxEntry["member"] },
  ) => void;
  readonly left: (user: UserId, conversation: ConversationId) => void;
  readonly revoked: (session: ClientSession) => void;
}

const sessionsBatchMax = 1_000;
const usersBatchMax = 200;
const pauseMs = 50;

export class PeopleCheck {
  readonly #needs: PeopleCheckNeeds;
  /** Of whom an event came while a check was under way. */
  readonly #touched = new Set<UserId>();
  #running = 0;
  #next = 0;

  constructor(needs: PeopleCheckNeeds) {
    this.#needs = needs;
  }

  /** To be told of each event about a user. */
  touched(user: UserId): void {
    if (this.#running > 0) this.#touched.add(user);
  }

  /** Rejects when a store cannot be reached: to be asked again. */
  all(): Promise<void> {
    return this.#check(this.#needs.hub.sessions());
  }

  /** The next `share` of all sessions, from 0 to 1. */
  some(share: number): Promise<void> {
    const sessions = this.#needs.hub.sessions();
    const count = Math.ceil(sessions.length * share);
    if (this.#next >= sessions.length) this.#next = 0;
    const portion = sessions.slice(this.#next, this.#next + count);
    this.#next += count;
    return this.#check(portion);
  }

  async #check(sessions: readonly ClientSession[]): Promise<void> {
    const { clock } = this.#needs;
    this.#running++;
    try {
      await inPortions(clock, sessions, sessionsBatchMax, pauseMs, (portion) => this.#checkSessions(portion));
      const users = [...new Set(sessions.map((session) => session.user))];
      await inPortions(clock, users, usersBatchMax, pauseMs, (portion) => this.#checkRooms(portion));
    } finally {
      if (--this.#running === 0) this.#touched.clear();
    }
  }

  async #checkSessions(sessions: readonly ClientSession[]): Promise<void> {
    const live = sessions.filter((session) => session.state === "live");
    if (live.length === 0) return;
    const asked = live.map((session) => ({ user: session.user, session: session.id }));
    const isOpen = await this.#needs.accounts.stillOpen(asked, this.#needs.clock.now());
    for (let i = 0; i < live.length; i++)
      if (!isOpen[i] && live[i]!.state === "live") this.#needs.revoked(live[i]!);
  }

  async #checkRooms(users: readonly UserId[]): Promise<void> {
    for (const user of users) this.#touched.delete(user);
    const lists = await this.#needs.inbox.list(users);
    for (let i = 0; i < users.length; i++) {
      const user = users[i]!;
      const entries = new Map(lists[i]!.map((entry) => [entry.conversation, entry]));
      for (const id of this.#differing(user, entries)) await this.#settle(user, id);
    }
  }

  /** Conversations that the inbox has and a session has not, or the other way round. */
  #differing(user: UserId, entries: ReadonlyMap<ConversationId, InboxEntry>): Set<ConversationId> {
    const { hub } = this.#needs;
    const differing = new Set<ConversationId>();
    for (const session of hub.sessionsOf(user)) {
      if (session.state !== "live") continue;
      const rooms = hub.conversationsOf(session);
      for (const id of rooms) if (!entries.has(id)) differing.add(id);
      const held = new Set(rooms);
      for (const id of entries.keys()) if (!held.has(id)) differing.add(id);
    }
    return differing;
  }

  async #settle(user: UserId, id: ConversationId): Promise<void> {
    const { messaging, joined, left } = this.#needs;
    const answer = await messaging.conversation(user, id);
    if (this.#touched.has(user)) return;
    if (answer.ok) joined(user, { conversation: id, member: answer.value.me.member });
    else if (answer.refusal.reason === "unknown_conversation") left(user, id);
  }
}
