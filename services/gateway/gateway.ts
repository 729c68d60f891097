// The gateway: sockets on one side, the command bus and the event bus on the other. Step 4 of a message's way is
// here: bytes in, decoded, within limits, in a state that allows them. A bad frame hurts its own session only.

import type { ConversationId, UserId } from "#base/ids.ts";
import type { SessionLife } from "#core/accounts/session.ts";
import type { Accounts } from "#ports/accounts.ts";
import type { Clock } from "#ports/clock.ts";
import type { BusListener, EventBus, UserEvent } from "#ports/event-bus.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Presence } from "#ports/presence.ts";
import type { SharedCounts } from "#ports/rate-limits.ts";
import type { Socket, SocketHandler, SocketPayload, Sockets } from "#ports/sockets.ts";
import { closeCodes } from "#protocol/close-codes.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame, Subprotocol } from "#protocol/frames.ts";
import { limits as wire } from "#protocol/limits.ts";
import { AccountAllowance, type AccountAllowanceLimits } from "./account-allowance.ts";
import { Admission, type AdmissionLimits } from "./admission.ts";
import { type AllowanceLimits, spend } from "./allowance.ts";
import { type AuditEvents, type AuditLimits, type AuditStats, DeliveryAudit } from "./audit.ts";
import { type Command, type CommandNeeds, isWrite, obey } from "./commands.ts";
import { Greeter } from "./greet.ts";
import { HeadsCheck } from "./heads-check.ts";
import { Healing, type HealingLimits } from "./healing.ts";
import { HelloDeadline } from "./hello-deadline.ts";
import { Holds } from "./holds.ts";
import { Hub, type HubLimits } from "./hub.ts";
import { Lookers } from "./look.ts";
import { PeopleCheck } from "./people-check.ts";
import { Receipts } from "./receipts.ts";
import { ClientSession } from "./session.ts";
import { Shedding } from "./shed.ts";
import { headOf, refusedFrame } from "./translate.ts";

export interface GatewayLimits
  extends AllowanceLimits,
    AccountAllowanceLimits,
    AdmissionLimits,
    AuditLimits,
    HubLimits,
    HealingLimits {
  readonly unavailableRetryMs: number;
  /** How often a session is asked to say that it is there. */
  readonly heartbeatMs: number;
  /** A session that sends this many refused frames in a row is closed. */
  readonly refusedInRowMax: number;
}

export interface GatewayNeeds {
  readonly sockets: Sockets;
  readonly accounts: Pick<Accounts, "authenticate" | "touch" | "stillOpen">;
  readonly inbox: Pick<Inbox, "list" | "cursors">;
  readonly messaging: Messaging;
  readonly bus: EventBus;
  readonly presence: Presence;
  /** Where other gateways serve the same accounts: what each account spent at all of them. */
  readonly sharedCounts?: SharedCounts;
  readonly clock: Clock;
  readonly limits: GatewayLimits;
  readonly sessionLife: SessionLife;
  /** What the delivery audit finds, beyond its counts. */
  readonly auditEvents?: AuditEvents;
  /** A bug or a broken store, met at this edge; never carries content. */
  readonly onFailure: (error: unknown) => void;
}

export interface Gateway extends SocketHandler {
  /**
   * Tells every session when to come back, its place in a queue over `withinMs`, then closes it. `hurry`: without
   * the pause in which commands under way are answered.
   */
  drain(withinMs: number, hurry?: AbortSignal): Promise<void>;
  /**
   * For a process that ends while other gateways go on: each session is served until its moment within the time, and
   * then asked to come back at once, so that nobody is without service for longer than a reconnect. `drain` follows.
   */
  leave(withinMs: number, hurry?: AbortSignal): Promise<void>;
  /** Asks so many idle sessions, each at a moment of its own within the time, to come back; answers how many. */
  shed(count: number, withinMs: number): number;
  stats(): GatewayStats;
  stop(): void;
}

export interface GatewayStats {
  readonly sessions: number;
  readonly connections: number;
  readonly deliveries: number;
  readonly frames: number;
  /** Rooms in which a lost change was found. */
  readonly healed: number;
  /** Hellos that are being answered, and those that were told to come back later. */
  readonly hellos: number;
  readonly hellosRefused: number;
  readonly audit: AuditStats;
}

export function createGateway(needs: GatewayNeeds): Gateway {
  const { sockets, bus, clock, limits, presence } = needs;
  const hub = new Hub(sockets, bus, clock, limits);
  const lookers = new Lookers(hub, presence);
  const holds = new Holds(clock);
  const audit = new DeliveryAudit({ ...needs, hub, events: needs.auditEvents ?? unheard });
  const commandNeeds: CommandNeeds = {
    messaging: needs.messaging,
    hub,
    lookers,
    audit,
    holds,
    receipts: new Receipts(),
  };
  const greeter = new Greeter({
    ...needs,
    hub,
    audit,
    overloadedRetryMs: limits.overloadedRetryMs,
    heartbeatMs: limits.heartbeatMs,
    life: needs.sessionLife,
  });
  const accounts = new AccountAllowance({
    clock,
    limits,
    counts: needs.sharedCounts ?? null,
  });
  const admission = new Admission(limits);
  const helloDue = new HelloDeadline<ClientSession>(clock, wire.helloWithinMs, ({ socket }) =>
    socket.close(closeCodes.helloTooLate, "no hello in time"),
  );
  const sessions = new Set<ClientSession>();
  const shedding = new Shedding(clock);
  let isDraining = false;
  let frames = 0;

  function receive(session: ClientSession, payload: SocketPayload): void {
    frames++;
    const now = clock.now();
    if (now < session.heldUntil && holds.refusesSend(session, payload)) {
      if (session.lateSends > limits.refusedInRowMax * heldShare) flood(session);
      return;
    }
    let waitMs = spend(session, limits, now);
    const decoded = session.codec.decodeClient(payload);
    if (!decoded.ok) return refuse(session, { kind: "refused", code: "bad_frame", detail: decoded.refusal });
    const frame = decoded.value;
    const id = "id" in frame ? frame.id : undefined;
    if (frame.kind === "hello") return hello(session, frame);
    if (session.state !== "live")
      return refuse(session, { ...outOfOrder, ...(id === undefined ? {} : { id }) });
    waitMs ||= accounts.spend(session, now);
    if (waitMs > 0)
      return refuse(session, refusedFrame({ reason: "rate_limited", retryAfterMs: waitMs }, id));
    if (session.inFlight >= wire.commandsInFlightMax) {
      return refuse(
        session,
        refusedFrame({ reason: "rate_limited", retryAfterMs: limits.overloadedRetryMs }, id),
      );
    }
    if (now < session.heldUntil && isWrite(frame))
      return refuse(
        session,
        refusedFrame({ reason: "overloaded", retryAfterMs: Math.ceil(session.heldUntil - now) }, id),
      );
    session.refusedInRow = 0;
    run(session, frame, id);
  }

  function run(session: ClientSession, frame: Command, id: number | undefined): void {
    const work = obey(commandNeeds, session, frame);
    if (!work) return;
    session.inFlight++;
    work.then(
      () => session.inFlight--,
      (error: unknown) => {
        session.inFlight--;
        needs.onFailure(error);
        session.answer(refusedFrame({ reason: "unavailable", retryAfterMs: limits.unavailableRetryMs }, id));
      },
    );
  }

  function refuse(session: ClientSession, frame: Parameters<ClientSession["answer"]>[0]): void {
    session.answer(frame);
    if (++session.refusedInRow > limits.refusedInRowMax) flood(session);
  }

  function flood(session: ClientSession): void {
    session.socket.close(closeCodes.flood, "too many refused frames");
  }

  function hello(session: ClientSession, frame: Extract<ClientFrame, { kind: "hello" }>): void {
    if (session.state !== "connected") return refuse(session, outOfOrder);
    const waitMs = admission.enter(clock.now());
    if (waitMs > 0) {
      session.answer(refusedFrame({ reason: "overloaded", retryAfterMs: waitMs }));
      return session.socket.close(closeCodes.draining, "overloaded");
    }
    session.state = "greeting";
    helloDue.ends(session);
    greeter.greet(session, frame).then(
      (isLive) => {
        admission.leave(clock.now());
        if (isLive) presence.sessionStarted(session.user);
      },
      (error: unknown) => {
        admission.leave(clock.now());
        needs.onFailure(error);
        session.answer(refusedFrame({ reason: "unavailable", retryAfterMs: limits.unavailableRetryMs }));
        session.socket.close(closeCodes.draining, "unavailable");
      },
    );
  }

  type Joined = Pick<Extract<UserEvent, { kind: "joined" }>["member"], "conversation" | "member">;

  async function joined(user: UserId, { conversation, member }: Joined): Promise<void> {
    for (const session of [...hub.sessionsOf(user)]) {
      if (session.slot < 0 || hub.isIn(session, conversation)) continue;
      await greeter.learnHeads(session, [hub.join(session, conversation)]);
      const [cursor] = await needs.inbox.cursors(conversation, [user]);
      const known = hub.head(conversation);
      if (session.state === "live" && known)
        session.answer({ kind: "joined", head: headOf(known, member, cursor?.seq ?? 0) });
    }
  }

  function left(user: UserId, conversation: ConversationId): void {
    for (const session of hub.sessionsOf(user)) {
      lookers.stopLookingAt(session, conversation);
      if (hub.part(session, conversation)) session.answer({ kind: "left", conversation });
    }
  }

  const heads = new HeadsCheck({ hub, messaging: needs.messaging, clock });
  const people = new PeopleCheck({
    ...needs,
    hub,
    joined: (user, found) => void joined(user, found).catch(needs.onFailure),
    left,
    revoked: revoke,
  });
  const healing = new Healing({ heads, people }, clock, limits, needs.onFailure);

  const listener: BusListener = {
    changes: (event) => hub.changed(event),
    head: (event) => void hub.stands(event),
    state: (event) => lookers.state(event),
    user(event) {
      if (event.kind === "read") return lookers.readElsewhere(event);
      people.touched(event.user);
      if (event.kind === "joined") void joined(event.user, event.member).catch(needs.onFailure);
      else if (event.kind === "left") left(event.user, event.conversation);
      else {
        for (const session of [...hub.sessionsOf(event.user)])
          if (session.id === event.session) revoke(session);
      }
    },
    interrupted: () => healing.interrupted(),
  };
  const endListening = bus.listen(listener);
  let endSweep = scheduleSweep();

  function scheduleSweep(): () => void {
    return clock.after(limits.topicQuietMs, () => {
      hub.sweepTopics();
      endSweep = scheduleSweep();
    });
  }

  return {
    opened(socket: Socket) {
      const session = new ClientSession(
        socket,
        codecs[socket.subprotocol as Subprotocol],
        limits.framesBurst,
      );
      session.allowanceAt = clock.now();
      socket.session = session;
      sessions.add(session);
      if (isDraining) return socket.close(closeCodes.draining, "draining");
      helloDue.begins(session);
    },
    received(socket, payload) {
      const session = socket.session as ClientSession;
      if (session.state !== "closed") receive(session, payload);
    },
    closed(socket) {
      const session = socket.session as ClientSession;
      if (session.state === "live") presence.sessionEnded(session.user);
      session.state = "closed";
      helloDue.ends(session);
      lookers.forget(session);
      audit.end(session);
      hub.leave(session);
      sessions.delete(session);
    },
    async drain(withinMs, hurry) {
      isDraining = true;
      shedding.stop();
      holds.sayAll();
      const all = [...sessions];
      all.forEach((session, i) => {
        session.answer({ kind: "drain", reconnectAfterMs: Math.round((withinMs * i) / all.length) });
      });
      if (all.some((session) => session.inFlight > 0))
        await pause(clock, Math.min(withinMs, answerWithinMs), hurry);
      for (const session of all) session.socket.close(closeCodes.draining, "draining");
    },
    leave: (withinMs, hurry) => shedding.leave(sessions, withinMs, hurry),
    shed: (count, withinMs) => shedding.shed(sessions, count, withinMs),
    stats: () => ({
      sessions: hub.sessionCount,
      connections: sessions.size,
      deliveries: hub.deliveries,
      frames,
      healed: heads.healed,
      hellos: admission.stats().underWay,
      hellosRefused: admission.stats().refused,
      audit: audit.stats(),
    }),
    stop() {
      holds.sayAll();
      endSweep();
      helloDue.stop();
      accounts.stop();
      healing.stop();
      endListening();
    },
  };
}

const unheard: AuditEvents = { gapHealed() {}, lost() {} };

const outOfOrder = { kind: "refused", code: "out_of_order" } as const;

/** Refusing the sends of a session that is held costs so much less, and it may have had many on their way. */
const heldShare = 10;

/** How long commands under way may take to be answered before their connections close. */
const answerWithinMs = 500;

function pause(clock: Clock, ms: number, hurry?: AbortSignal): Promise<void> {
  if (hurry?.aborted) return Promise.resolve();
  return new Promise((done) => {
    const cancel = clock.after(ms, done);
    hurry?.addEventListener("abort", () => {
      cancel();
      done();
    });
  });
}

function revoke(session: ClientSession): void {
  session.answer({ kind: "refused", code: "not_authenticated" });
  session.socket.close(closeCodes.notAuthenticated, "session revoked");
}
