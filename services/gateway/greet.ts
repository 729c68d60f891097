// hello to welcome: who is it, which conversations are theirs, and where each of these stands. Ten thousand
// sessions that come back at once are gathered into a few statements.

import { Gather, GatherFull } from "#base/gather.ts";
import type { UserId } from "#base/ids.ts";
import { needsTouch, type SessionLife } from "#core/accounts/session.ts";
import { type PresentedToken, parseToken } from "#core/accounts/token.ts";
import type { Accounts, Session } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";
import type { Inbox, InboxEntry } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import { closeCodes } from "#protocol/close-codes.ts";
import type { ClientFrame, WireHead } from "#protocol/frames.ts";
import { protocolVersion } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";
import type { DeliveryAudit } from "./audit.ts";
import type { Hub } from "./hub.ts";
import { encodePacked } from "./pack.ts";
import type { ClientSession } from "./session.ts";
import { headOf, refusedFrame } from "./translate.ts";

type Hello = Extract<ClientFrame, { kind: "hello" }>;
type Head = Awaited<ReturnType<Messaging["heads"]>>[number];

export interface GreetNeeds {
  readonly accounts: Pick<Accounts, "authenticate" | "touch">;
  readonly inbox: Pick<Inbox, "list">;
  readonly messaging: Pick<Messaging, "heads">;
  readonly hub: Hub;
  readonly audit: Pick<DeliveryAudit, "ask">;
  readonly clock: Clock;
  readonly overloadedRetryMs: number;
  readonly heartbeatMs: number;
  readonly life: SessionLife;
  readonly onFailure: (error: unknown) => void;
}

const storm = { batchMax: 256, queueMax: 50_000 };

export class Greeter {
  readonly #needs: GreetNeeds;
  readonly #authenticate: Gather<PresentedToken, Session | null>;
  readonly #list: Gather<UserId, readonly InboxEntry[]>;

  constructor(needs: GreetNeeds) {
    this.#needs = needs;
    this.#authenticate = new Gather({
      work: (tokens) => this.#authenticated(tokens),
      ...storm,
    });
    this.#list = new Gather({ work: (users) => needs.inbox.list(users), ...storm });
  }

  /** Whose life is due to be prolonged, is prolonged beside the way: nobody waits for it. */
  async #authenticated(tokens: readonly PresentedToken[]): Promise<readonly (Session | null)[]> {
    const { accounts, clock, life, onFailure } = this.#needs;
    const now = clock.now();
    const sessions = await accounts.authenticate(tokens, now);
    const due = sessions.filter((session) => session !== null && needsTouch(session, life, now)) as Session[];
    if (due.length > 0) accounts.touch(due, now, now + life.lifeMs).catch(onFailure);
    return sessions;
  }

  /** True when the session is live now. A refusal has been answered and the socket closed otherwise. */
  async greet(session: ClientSession, hello: Hello): Promise<boolean> {
    if (hello.version !== protocolVersion) {
      return this.#end(session, "unsupported_version", closeCodes.unsupportedVersion);
    }
    const token = parseToken(hello.token ?? session.socket.cookieToken ?? "");
    if (!token) return this.#end(session, "not_authenticated", closeCodes.notAuthenticated);
    try {
      const known = await this.#authenticate.ask(token);
      if (!known) return this.#end(session, "not_authenticated", closeCodes.notAuthenticated);
      session.user = known.user;
      session.isBot = known.isBot;
      session.id = known.session;
      return await this.#admit(session, hello);
    } catch (error) {
      this.#needs.hub.leave(session);
      if (!(error instanceof GatherFull)) throw error;
      session.answer(refusedFrame({ reason: "overloaded", retryAfterMs: this.#needs.overloadedRetryMs }));
      session.socket.close(closeCodes.draining, "overloaded");
      return false;
    }
  }

  async #admit(session: ClientSession, hello: Hello): Promise<boolean> {
    const { hub } = this.#needs;
    if (isClosed(session)) return false;
    hub.followUser(session);
    const entries = await this.#list.ask(session.user);
    if (isClosed(session)) return false;
    const rooms = hub.enter(
      session,
      entries.map((entry) => entry.conversation),
    );
    await this.learnHeads(session, rooms);
    if (isClosed(session)) return false;
    session.state = "live";
    session.answerEncoded(encodePacked(session.codec, this.#welcome(session, entries, rooms, hello)));
    session.readsMeanwhile = null;
    return true;
  }

  /** Rooms that this gateway had not open before do not know where they stand. */
  async learnHeads(session: ClientSession, rooms: ArrayLike<number>): Promise<void> {
    const { hub, messaging } = this.#needs;
    const unknown = hub.withoutHead(rooms);
    if (unknown.length === 0) return;
    const heads: readonly Head[] = await messaging.heads(unknown);
    // Without the session a room may have been closed and opened again meanwhile, for which this is too old.
    if (isClosed(session)) return;
    for (let i = 0; i < unknown.length; i++) hub.headRead(unknown[i]!, heads[i] ?? null);
  }

  #welcome(session: ClientSession, entries: readonly InboxEntry[], rooms: Int32Array, hello: Hello) {
    const { hub } = this.#needs;
    const auditEveryMs = this.#needs.audit.ask(session, hello.audit);
    const hasMoved = session.rooms !== rooms;
    const told = entries.slice(0, limits.welcomeHeadsMax);
    const heads: WireHead[] = [];
    for (let i = 0; i < told.length; i++) {
      const { conversation, member, readSeq } = told[i]!;
      const known = hasMoved ? hub.head(conversation) : hub.headIn(rooms[i]!, conversation);
      const newest = Math.max(readSeq, session.readsMeanwhile?.get(conversation) ?? 0);
      if (known) heads.push(headOf(known, member, newest));
    }
    return {
      kind: "welcome" as const,
      version: protocolVersion,
      user: session.user,
      session: session.id,
      at: this.#needs.clock.now(),
      heartbeatMs: this.#needs.heartbeatMs,
      heads,
      complete: told.length === entries.length,
      ...(auditEveryMs !== undefined && { auditEveryMs }),
    };
  }

  #end(session: ClientSession, reason: "not_authenticated" | "unsupported_version", code: number): false {
    session.answer({ kind: "refused", code: reason });
    session.socket.close(code, reason);
    return false;
  }
}

/** A function, because the state changes while we wait and the compiler would not think so. */
function isClosed(session: ClientSession): boolean {
  return session.state === "closed";
}
