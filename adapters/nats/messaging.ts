// The command bus between processes: a router that is the messaging service to who asks it. Each conversation's
// commands go to the live instance that its bucket prefers, in the order given, also while that one leaves or dies.
// Rules P34 - P37, P56, P57, P88 in ports/SPEC.md.

import { bucketOf, type ConversationId } from "#base/ids.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { RollCall } from "#ports/roll-call.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Nats } from "./connection.ts";
import { backSubject, type Method } from "./messaging-codec.ts";
import { Flows } from "./messaging-flows.ts";
import { type RouterLimits, routerLimits } from "./messaging-limits.ts";
import type { Command, Outcome } from "./messaging-link.ts";
import { Links } from "./messaging-links.ts";
import { Lists } from "./messaging-lists.ts";
import { Owners } from "./messaging-owners.ts";
import { tellUnknown } from "./messaging-refusals.ts";

export interface RouterOptions {
  readonly rollCall: RollCall;
  readonly limits?: Partial<RouterLimits>;
  /** The messaging service of this very process: asked by a function call. */
  readonly local?: { readonly instance: string; readonly messaging: Messaging };
}

export interface RouterStats {
  readonly instances: number;
  readonly inFlight: number;
  readonly waiting: number;
  readonly commands: number;
  readonly batches: number;
  readonly returned: number;
  readonly lost: number;
}

export interface MessagingRouter extends Messaging {
  stats(): RouterStats;
  /** The buckets that this instance would own now, to be told to its caches. */
  bucketsOf(instance: string): ReadonlySet<number>;
  close(): void;
}

const sweepEveryMs = 50;
/** Where nothing was under way: ten idle processes that wake twenty times a second are worth some work. */
const sweepIdleEveryMs = 500;

export function openMessagingRouter(nats: Nats, options: RouterOptions): MessagingRouter {
  const router = new Router(nats, options);
  const lists = new Lists(router);
  const inOrder = <M extends Method>(method: M, id: ConversationId, args: Parameters<Messaging[M]>) =>
    router.ask(method, id, bucketOf(id), args);
  return {
    send: (command) => inOrder("send", command.conversation, [command]),
    edit: (...args) => inOrder("edit", args[1], args),
    remove: (...args) => inOrder("remove", args[1], args),
    react: (...args) => inOrder("react", args[1], args),
    since: (...args) => inOrder("since", args[1], args),
    page: (...args) => inOrder("page", args[1], args),
    read: (...args) => inOrder("read", args[1], args),
    typing: (...args) => inOrder("typing", args[1], args),
    // The service makes the id; any stable key will do.
    create: (...args) => router.ask("create", args[0], bucketOf(args[0] as string as ConversationId), args),
    conversation: (...args) => inOrder("conversation", args[1], args),
    opened: (...args) => inOrder("opened", args[1], args),
    rename: (...args) => inOrder("rename", args[1], args),
    addMembers: (...args) => inOrder("addMembers", args[1], args),
    removeMember: (...args) => inOrder("removeMember", args[1], args),
    setRole: (...args) => inOrder("setRole", args[1], args),
    join: (...args) => inOrder("join", args[1], args),
    leave: (...args) => inOrder("leave", args[1], args),
    members: (...args) => inOrder("members", args[1], args),
    membersByNumber: (...args) => inOrder("membersByNumber", args[1], args),
    cursors: (...args) => inOrder("cursors", args[1], args),
    waitingCursors: (users) => lists.waitingCursors(users),
    newest: (ids) => lists.ofEach("newest", ids),
    heads: (ids, isFresh = false) => lists.ofEach("heads", ids, isFresh),
    stats: () => router.stats(),
    bucketsOf: (instance) => router.owners.bucketsOf(instance),
    close: () => router.close(),
  };
}

/** Takes each command to an instance and its outcome back to who asked. */
class Router {
  readonly limits: RouterLimits;
  readonly owners: Owners;
  readonly #nats: Nats;
  readonly #local: RouterOptions["local"];
  readonly #links: Links;
  readonly #flows: Flows;
  readonly #ends: (() => void)[];
  #inFlightHere = 0;
  #commands = 0;
  #lost = 0;
  #aloneSince: number | null = null;
  #timer: Timer | null = null;
  #nextSweepAt = 0;
  #isClosed = false;

  constructor(nats: Nats, { rollCall, limits, local }: RouterOptions) {
    this.limits = { ...routerLimits, ...limits };
    this.owners = new Owners(rollCall, (instance) => nats.isUp() || instance === local?.instance);
    this.#nats = nats;
    this.#local = local;
    this.#links = new Links(nats, this.limits, (link, command, outcome, value) => {
      if (outcome === "returned") this.owners.leaves(link.instance);
      this.#after(command, outcome, value);
    });
    this.#flows = new Flows(this.owners, this.limits, (command, owner) => this.#hand(command, owner));
    this.#ends = [...this.#listen(), rollCall.onChange(() => this.#refresh())];
    this.#refresh();
    this.#sweepIn(sweepEveryMs);
  }

  ask<M extends Method>(
    method: M,
    key: string | null,
    bucket: number,
    args: Parameters<Messaging[M]>,
    to?: string,
  ): ReturnType<Messaging[M]> {
    const asked = new Promise<unknown>((answer, fail) => {
      const askedAt = performance.now();
      const deadline = askedAt + this.limits.deadlineMs;
      const rest = { batch: 0, attempts: 0, answer, fail, ...(to === undefined ? {} : { to }) };
      this.#flows.give({ id: ++this.#commands, method, args, bucket, key, askedAt, deadline, ...rest });
      if (this.#nextSweepAt > askedAt + sweepEveryMs) this.#sweepIn(sweepEveryMs);
    });
    return asked as ReturnType<Messaging[M]>;
  }

  stats(): RouterStats {
    const { inFlight, batches } = this.#links.counts();
    return {
      instances: this.owners.count,
      inFlight: inFlight + this.#inFlightHere,
      waiting: this.#flows.waiting,
      commands: this.#commands,
      batches,
      returned: this.#flows.returned,
      lost: this.#lost,
    };
  }

  close(): void {
    this.#isClosed = true;
    if (this.#timer) clearTimeout(this.#timer);
    for (const end of this.#ends) end();
    this.#links.allLost();
  }

  #listen(): (() => void)[] {
    const nats = this.#nats;
    const suspect = (instance: string) => this.owners.suspect(instance);
    const interests = [
      nats.subscribe(this.#links.subject, (subject, data, _, status) =>
        this.#links.heard(subject, data, status, suspect),
      ),
      nats.subscribe(backSubject(nats), (_, data) => this.#links.lost(Buffer.from(data).toString())),
    ];
    return [
      ...interests.map((interest) => () => interest.end()),
      nats.onLost(() => {
        this.#refresh();
        this.#links.allLost();
      }),
      nats.onBack(() => this.#refresh()),
    ];
  }

  #refresh(): void {
    this.owners.refresh();
    this.#links.noteGone((instance) => this.owners.knows(instance));
    if (this.owners.count > 0) this.#flows.resume();
  }

  #hand(command: Command, owner: string): boolean {
    if (owner !== this.#local?.instance) return this.#links.give(command, owner);
    this.#runHere(command, this.#local);
    return true;
  }

  #runHere(command: Command, { instance, messaging }: NonNullable<RouterOptions["local"]>): void {
    this.#inFlightHere++;
    const act = messaging[command.method] as (...args: readonly unknown[]) => Promise<unknown>;
    act(...command.args).then(
      (value) => {
        this.#inFlightHere--;
        const isReturned = isDraining(value);
        if (isReturned) this.owners.leaves(instance);
        this.#after(command, isReturned ? "returned" : "answered", value);
      },
      (error: unknown) => {
        this.#inFlightHere--;
        command.fail(error);
        this.#flows.settled(command);
      },
    );
  }

  #after(command: Command, outcome: Outcome, value: unknown): void {
    if (outcome === "returned" || outcome === "unheard") return this.#flows.giveAgain(command);
    if (outcome === "answered") command.answer(value);
    else if (outcome === "unknown") tellUnknown(command, this.limits);
    else {
      this.#lost++;
      command.fail(new StoreUnavailable("the messaging service did not answer"));
    }
    this.#flows.settled(command);
  }

  #sweepIn(ms: number): void {
    if (this.#isClosed) return;
    if (this.#timer) clearTimeout(this.#timer);
    this.#nextSweepAt = performance.now() + ms;
    this.#timer = setTimeout(() => {
      this.#sweep();
      this.#sweepIn(this.#isIdle() ? sweepIdleEveryMs : sweepEveryMs);
    }, ms);
    this.#timer.unref();
  }

  /** Nothing is under way, and nobody is missing. */
  #isIdle(): boolean {
    const isWaiting = this.#flows.waiting > 0 || this.#links.counts().inFlight > 0;
    return !isWaiting && this.owners.count > 0 && !this.owners.hasDoubts;
  }

  /** Deadlines, and those who waited long enough for an instance. */
  #sweep(): void {
    this.#refresh();
    const now = performance.now();
    this.#links.expire(now);
    if (this.owners.count > 0) {
      this.#aloneSince = null;
      return;
    }
    this.#aloneSince ??= now;
    // The node may be cut off from the others, with all of messaging on their side; it would not tell us.
    if (now - this.#aloneSince >= this.limits.aloneMsMax) {
      this.#aloneSince = now;
      this.#nats.moveOn();
    }
    this.#flows.refuseWaiting(({ askedAt }) => askedAt + this.limits.ownerWaitMs <= now);
  }
}

/** The service of this process leaves, and did not run it. */
function isDraining(value: unknown): boolean {
  const answer = value as { ok?: boolean; refusal?: { reason?: string } } | null;
  return answer?.ok === false && answer.refusal?.reason === "draining";
}
