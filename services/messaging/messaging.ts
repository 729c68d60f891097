// The messaging service: the commands of ports/messaging.ts over the log. Stateless but for caches; any number of
// them may run, the database numbers (law 4).

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Member } from "#core/conversations/conversation.ts";
import { decideMembership } from "#core/messages/decide.ts";
import type { Refusal } from "#core/refusal.ts";
import type { ChangeEncoder } from "#ports/change-encoder.ts";
import type { Clock } from "#ports/clock.ts";
import type { ConversationStore } from "#ports/conversation-store.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { MessageLog } from "#ports/message-log.ts";
import type { Messaging } from "#ports/messaging.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import { Announcer } from "./announce.ts";
import { openedAtHand, pageAtHand } from "./at-hand.ts";
import { Caches } from "./caches.ts";
import * as change from "./change-message.ts";
import { CommitQueue } from "./commit-queue.ts";
import { ConversationAllowance } from "./conversation-allowance.ts";
import { Doubts } from "./doubts.ts";
import type { FactsCache } from "./facts.ts";
import { type FreshInbox, freshInbox } from "./fresh-inbox.ts";
import type { MessagingLimits } from "./limits.ts";
import * as manage from "./manage-members.ts";
import { openConversation } from "./open-conversation.ts";
import { type People, withDisplayNames } from "./people.ts";
import { ReadCursors } from "./read-cursors.ts";
import { sendMessage } from "./send-message.ts";

export interface MessagingNeeds {
  readonly log: MessageLog;
  readonly store: ConversationStore;
  readonly inbox: Inbox;
  readonly people: People;
  readonly bus: EventBus;
  readonly encoder: ChangeEncoder;
  readonly clock: Clock;
  readonly newConversationId: () => ConversationId;
  readonly homeRegion: string;
  readonly limits: MessagingLimits;
  /** False while there is no space to write: refused as unavailable before anything is tried. */
  readonly mayWrite?: () => boolean;
  /** A store that failed: people are told `unavailable`, and only here it is known why. */
  readonly onFailure?: (error: unknown) => void;
}

export interface MessagingService extends Messaging {
  /** Refuses what is new, finishes what was given, writes waiting cursors. */
  drain(): Promise<void>;
  readonly caches: Caches;
  readonly facts: FactsCache;
  /** Several processes write from now on, this one mostly these buckets; each change of the set is told. */
  ownsBuckets(buckets: ReadonlySet<number>): void;
  /** The inbox as this service knows it: also the cursors that wait for their write. */
  readonly inbox: FreshInbox;
  readonly waitingCommits: () => number;
}

export function createMessaging(needs: MessagingNeeds): MessagingService {
  const { log, store, inbox, people, clock, limits } = needs;
  const cursors = new ReadCursors(inbox, clock, limits);
  const fresh = freshInbox(inbox, cursors);
  const caches = new Caches(needs, fresh);
  cursors.noted = (user, id, seq) => caches.cursors.note(user, id, seq);
  const { facts, recent } = caches;
  const announcer = new Announcer(needs.encoder, needs.bus, caches);
  const doubts = new Doubts({ caches, bus: needs.bus, clock });
  const queue = new CommitQueue(log, limits, clock, {
    committed: (sends, answers) => announcer.group(sends, answers),
    failed: (conversations) => doubts.note(conversations),
  });
  const allowance = new ConversationAllowance(limits);
  const parts = { ...needs, facts, announcer, queue, cursors, allowance };
  let isDraining = false;

  const unavailable = refused({ reason: "unavailable" as const, retryAfterMs: limits.unavailableRetryMs });

  /** The one edge where a failure of the store becomes an answer. */
  async function guarded<T>(act: () => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
    if (isDraining) return refused({ reason: "draining" });
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof StoreUnavailable)) throw error;
      needs.onFailure?.(error);
      return unavailable;
    }
  }

  async function writing<T>(act: () => Promise<Result<T, Refusal>>): Promise<Result<T, Refusal>> {
    return needs.mayWrite?.() === false ? unavailable : guarded(act);
  }

  async function asMember<T>(
    user: UserId,
    id: ConversationId,
    act: (me: Member) => Promise<Result<T, Refusal>>,
  ): Promise<Result<T, Refusal>> {
    return guarded(async () => {
      const me = decideMembership((await facts.of(user, id)).member);
      return me.ok ? act(me.value) : me;
    });
  }

  /** For who opens it: of a conversation that is not known here, all is read at once. */
  async function asOpener<T>(
    user: UserId,
    id: ConversationId,
    act: (me: Member) => Promise<Result<T, Refusal>>,
  ): Promise<Result<T, Refusal>> {
    return guarded(async () => {
      if (!facts.head(id)) await recent.bring(id);
      return asMember(user, id, act);
    });
  }

  const atHand = <T>(answer: () => T | undefined): T | undefined => (isDraining ? undefined : answer());

  const found = <T>(value: T | null): Result<T, Refusal> =>
    value === null ? refused({ reason: "unknown_conversation" }) : ok(value);

  // Only what happens to the bus itself matters here: events come to buckets, not to this listener.
  const endListening = needs.bus.listen({ ...deaf, interrupted: () => caches.dropAll() });

  return {
    caches,
    facts,
    ownsBuckets: (buckets) => caches.own(buckets),
    inbox: fresh,
    waitingCommits: () => queue.waitingCount,
    send: (command) => writing(() => sendMessage(parts, command)),
    edit: (user, id, seq, text) => writing(() => change.editMessage(parts, user, id, seq, text)),
    remove: (user, id, seq) => writing(() => change.removeMessage(parts, user, id, seq)),
    react: (user, id, seq, emoji, on) =>
      writing(() => change.reactToMessage(parts, user, id, seq, emoji, on)),

    since: (user, id, rev, seq, rowsMax) =>
      asMember(user, id, async (me) => {
        const caughtUp = await recent.since(id, rev, seq, me.member, rowsMax);
        return found(caughtUp && { ...caughtUp, changes: await withDisplayNames(people, caughtUp.changes) });
      }),
    page: async (user, id, from, count) =>
      atHand(() => pageAtHand(caches, user, id, from, count)) ??
      (from === "head" ? asOpener : asMember)(user, id, async (me) =>
        found(await recent.page(id, from, count, me.member)),
      ),
    newest: (ids) => recent.newest(ids),

    read: (user, id, seq) =>
      asMember(user, id, async (me) => {
        const conversation = await facts.conversation(id);
        const upTo = Math.min(seq, conversation?.lastSeq ?? 0) as Seq;
        cursors.note(user, id, upTo);
        const isLarge = (conversation?.memberCount ?? 0) > limits.receiptsMembersMax;
        announcer.read(id, me.member, user, upTo, isLarge);
        return ok(null);
      }),
    typing: (user, id) =>
      asMember(user, id, async (me) => {
        const size = (await facts.conversation(id))?.memberCount ?? 0;
        if (size <= limits.receiptsMembersMax) announcer.typing(id, me.member, user);
        return ok(null);
      }),

    create: (user, kind, title, users) =>
      writing(() => manage.createConversation(parts, user, kind, title, users)),
    conversation: (user, id) =>
      asMember(user, id, async (me) => {
        const conversation = await facts.conversation(id);
        return found(conversation && { conversation, me });
      }),
    opened: async (user, id) =>
      atHand(() => openedAtHand(caches, limits.receiptsMembersMax, user, id)) ??
      asOpener(user, id, async (me) => found(await openConversation({ caches, store, limits }, me))),
    rename: (user, id, title) => writing(() => manage.renameConversation(parts, user, id, title)),
    addMembers: (user, id, users) => writing(() => manage.addMembers(parts, user, id, users)),
    removeMember: (user, id, other) => writing(() => manage.removeMember(parts, user, id, other)),
    setRole: (user, id, other, role) => writing(() => manage.setRole(parts, user, id, other, role)),
    join: (user, id) => writing(() => manage.joinChannel(parts, user, id)),
    leave: (user, id) => writing(() => manage.leaveConversation(parts, user, id)),
    members: (user, id, after, count) =>
      asMember(user, id, async () => {
        const roster = await facts.roster(id);
        if (!roster) return ok(await store.members(id, after, count, false));
        return ok(roster.filter((one) => one.active && one.member > after).slice(0, count));
      }),
    membersByNumber: (user, id, numbers) =>
      asMember(user, id, async () => {
        const roster = await facts.roster(id);
        if (!roster) return ok(await store.membersByNumber(id, numbers));
        const wanted = new Set(numbers);
        return ok(roster.filter((one) => wanted.has(one.member)));
      }),
    cursors: (user, id, users) => asMember(user, id, async () => ok(await caches.cursors.of(id, users))),

    waitingCursors: async (users) => cursors.of(users),

    heads: (ids, isFresh = false) =>
      isFresh
        ? caches.fresh(ids)
        : Promise.all(ids.map(async (id) => facts.head(id) ?? (await facts.conversation(id)))),

    async drain() {
      isDraining = true;
      await queue.idle();
      await cursors.flush().catch(() => {});
      caches.stop();
      endListening();
    },
  };
}

const deaf = { changes() {}, head() {}, state() {}, user() {} };
