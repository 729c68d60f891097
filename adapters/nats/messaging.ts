// The command bus between processes: a router that is the messaging service to who asks it. Each conversation's
// commands go to the live instance that its bucket prefers, in the order given, also while that one leaves or dies.
// Rules P34 - P37, P56, P57, P88 in ports/SPEC.md.

import { bucketOf, type ConversationId, type UserId } from "#base/ids.ts";
import { refused } from "#base/result.ts";
import type { ReadCursor } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { RollCall } from "#ports/roll-call.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Nats } from "./connection.ts";
import { answerSubject, backSubject, type Method } from "./messaging-codec.ts";
import { type RouterLimits, routerLimits } from "./messaging-limits.ts";
import { type Command, Link, type Outcome } from "./messaging-link.ts";
import { Owners } from "./messaging-owners.ts";

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

/** The commands of one key. While it moves, what was given back and what is new wait for what is still in flight. */
interface Flow {
  owner: string;
  inFlight: number;
  isMoving: boolean;
  waiting: Command[];
}

const attemptsMax = 8;
const sweepEveryMs = 50;
/** Who has left may have answers on their way still. */
const goneForMs = 200;

export function openMessagingRouter(nats: Nats, options: RouterOptions): MessagingRouter {
  const { rollCall, local } = options;
  const limits = { ...routerLimits, ...options.limits };
  const router = crypto.randomUUID().replaceAll("-", "").slice(0, 16);
  const links = new Map<string, Link>();
  const flows = new Map<string, Flow>();
  const owners = new Owners(rollCall, (instance) => nats.isUp() || instance === local?.instance);
  /** Without a key and without an instance to go to. */
  let orphans: Command[] = [];
  /** Keys of flows that wait for an instance to go to. */
  const stuck = new Set<string>();
  let [nextId, inFlightLocal, commands, returned, lost] = [1, 0, 0, 0, 0];

  function refresh(): void {
    owners.refresh();
    for (const link of links.values()) {
      if (owners.knows(link.instance)) link.goneAt = null;
      else link.goneAt ??= performance.now();
    }
    if (owners.count > 0) placeOrphans();
  }

  function ask<M extends Method>(
    method: M,
    key: string | null,
    bucket: number,
    args: Parameters<Messaging[M]>,
    to?: string,
  ): ReturnType<Messaging[M]> {
    const asked = new Promise<unknown>((answer, fail) => {
      const askedAt = performance.now();
      const deadline = askedAt + limits.deadlineMs;
      const rest = { batch: 0, attempts: 0, answer, fail, ...(to === undefined ? {} : { to }) };
      commands++;
      give({ id: nextId++, method, args, bucket, key, askedAt, deadline, ...rest });
    });
    return asked as ReturnType<Messaging[M]>;
  }

  function give(command: Command): void {
    if (command.key === null) return place(command, null);
    let flow = flows.get(command.key);
    if (!flow) {
      const owner = owners.of(command.bucket);
      flow = { owner: owner ?? "", inFlight: 0, isMoving: owner === undefined, waiting: [] };
      flows.set(command.key, flow);
      if (flow.isMoving) stuck.add(command.key);
    }
    if (flow.isMoving) wait(flow, command);
    else place(command, flow);
  }

  /** In the order of their numbers, so that what comes back stands before what came later. */
  function wait(flow: Flow, command: Command): void {
    if (flow.waiting.length >= limits.inFlightMax) return refuse(command, "overloaded", flow);
    let at = flow.waiting.length;
    while (at > 0 && flow.waiting[at - 1]!.id > command.id) at--;
    flow.waiting.splice(at, 0, command);
  }

  function place(command: Command, flow: Flow | null): void {
    const owner = flow ? flow.owner : (command.to ?? owners.of(command.bucket));
    if (owner === undefined) return void orphans.push(command);
    if (owner === local?.instance) return runHere(command, flow);
    let link = links.get(owner);
    if (!link) {
      link = new Link(owner, nats, router, settle);
      links.set(owner, link);
    }
    if (isFull(link, command)) return refuse(command, "overloaded", flow);
    if (flow) flow.inFlight++;
    command.batch = 0;
    link.give(command);
  }

  /** Lists are what whoever comes back asks for; how many may come back at once is bounded elsewhere. */
  function isFull(link: Link, command: Command): boolean {
    if (link.inFlight.size >= limits.inFlightMax) return true;
    const isSlow = link.answerMs > limits.answerMsMax && link.inFlight.size >= limits.inFlightSlowMax;
    return isSlow && command.key !== null;
  }

  function runHere(command: Command, flow: Flow | null): void {
    if (flow) flow.inFlight++;
    inFlightLocal++;
    const act = local!.messaging[command.method] as (...args: readonly unknown[]) => Promise<unknown>;
    act(...command.args).then(
      (value) => {
        inFlightLocal--;
        const isReturned = isDraining(value);
        if (isReturned) owners.leaves(local!.instance);
        after(command, isReturned ? "returned" : "answered", value);
      },
      (error: unknown) => {
        inFlightLocal--;
        command.fail(error);
        settled(command);
      },
    );
  }

  function settle(link: Link, command: Command, outcome: Outcome, value: unknown): void {
    if (outcome === "returned") owners.leaves(link.instance);
    after(command, outcome, value);
  }

  function after(command: Command, outcome: Outcome, value: unknown): void {
    if (outcome === "returned" || outcome === "unheard") return giveAgain(command);
    if (outcome === "answered") command.answer(value);
    else if (outcome === "unknown") unknown(command);
    else {
      lost++;
      command.fail(new StoreUnavailable("the messaging service did not answer"));
    }
    settled(command);
  }

  function giveAgain(command: Command): void {
    returned++;
    command.attempts++;
    if (command.key === null) {
      if (isHopeless(command) || command.to !== undefined) return unavailable(command);
      return place(command, null);
    }
    const flow = flows.get(command.key)!;
    flow.inFlight--;
    flow.isMoving = true;
    if (isHopeless(command)) unavailable(command);
    else wait(flow, command);
    advance(command.key, flow);
  }

  const isHopeless = (command: Command) =>
    command.attempts >= attemptsMax || command.deadline < performance.now();

  function settled(command: Command): void {
    if (command.key === null) return;
    const flow = flows.get(command.key);
    if (!flow) return;
    flow.inFlight--;
    advance(command.key, flow);
  }

  /** Once nothing is in flight, what waits goes to the owner of now. */
  function advance(key: string, flow: Flow): void {
    if (flow.inFlight > 0) return;
    if (flow.waiting.length === 0) return void flows.delete(key);
    const owner = owners.of(flow.waiting[0]!.bucket);
    if (owner === undefined) {
      flow.isMoving = true;
      stuck.add(key);
      return;
    }
    flow.owner = owner;
    flow.isMoving = false;
    const waiting = flow.waiting;
    flow.waiting = [];
    for (const command of waiting) place(command, flow);
    if (flow.inFlight === 0 && flow.waiting.length === 0) flows.delete(key);
  }

  function placeOrphans(): void {
    const keys = [...stuck];
    stuck.clear();
    for (const key of keys) {
      const flow = flows.get(key);
      if (flow) advance(key, flow);
    }
    const placed = orphans;
    orphans = [];
    for (const command of placed) place(command, null);
  }

  function refuse(command: Command, reason: "overloaded" | "unavailable", flow: Flow | null): void {
    if (isList(command.method)) command.fail(new StoreUnavailable(`messaging is ${reason}`));
    else
      command.answer(
        refused({
          reason,
          retryAfterMs: reason === "overloaded" ? limits.overloadedRetryMs : limits.unavailableRetryMs,
        }),
      );
    if (flow && flow.inFlight === 0 && flow.waiting.length === 0 && command.key !== null)
      flows.delete(command.key);
  }

  const unavailable = (command: Command) => refuse(command, "unavailable", null);

  function unknown(command: Command): void {
    if (isList(command.method)) command.fail(new StoreUnavailable("messaging does not know this question"));
    else
      command.answer(
        refused({
          reason: "unavailable",
          retryAfterMs: limits.unavailableRetryMs,
          detail: "a messaging process of another release does not know this command",
        }),
      );
  }

  let aloneSince: number | null = null;

  /** Deadlines, and those who waited long enough for an instance. */
  function sweep(): void {
    refresh();
    const now = performance.now();
    for (const link of links.values()) {
      if (link.goneAt !== null && link.goneAt + goneForMs <= now) {
        links.delete(link.instance);
        link.lost();
      } else link.expire(now, goneForMs);
    }
    if (owners.count > 0) aloneSince = null;
    if (owners.count > 0) return;
    aloneSince ??= now;
    // The node may be cut off from the others, with all of messaging on their side; it would not tell us.
    if (now - aloneSince >= limits.aloneMsMax) {
      aloneSince = now;
      nats.moveOn();
    }
    const isTooLate = (command: Command) => command.deadline - limits.deadlineMs + limits.ownerWaitMs <= now;
    for (const key of [...stuck]) {
      const flow = flows.get(key);
      for (const command of flow?.waiting.filter(isTooLate) ?? []) unavailable(command);
      if (flow) flow.waiting = flow.waiting.filter((command) => !isTooLate(command));
      if (flow && (flow.inFlight > 0 || flow.waiting.length > 0)) continue;
      flows.delete(key);
      stuck.delete(key);
    }
    for (const command of orphans.filter(isTooLate)) unavailable(command);
    orphans = orphans.filter((command) => !isTooLate(command));
  }

  /** Lists are answered by the owners of their conversations, and put together in the order asked. */
  async function askEach<T>(
    method: "newest" | "heads",
    ids: readonly ConversationId[],
    isFresh?: boolean,
  ): Promise<readonly T[]> {
    const byOwner = Map.groupBy(ids.keys(), (at) => owners.of(bucketOf(ids[at]!)) ?? "");
    const answers = new Array<T>(ids.length);
    await Promise.all(
      [...byOwner.values()].map(async (places) => {
        const asked = places.map((at) => ids[at]!);
        const got = (await ask(method, null, bucketOf(asked[0]!), [asked, isFresh])) as readonly T[];
        for (let i = 0; i < places.length; i++) answers[places[i]!] = got[i]!;
      }),
    );
    return answers;
  }

  /** Each process has its own; who says nothing in time has none. */
  async function waitingCursors(users: readonly UserId[]): Promise<readonly ReadCursor[]> {
    const late = Promise.withResolvers<readonly ReadCursor[]>();
    const timer = setTimeout(late.resolve, limits.eachWaitMs, []);
    const nothing = (): readonly ReadCursor[] => [];
    const told = await Promise.all(
      owners.all.map((to) => {
        const asked = ask("waitingCursors", null, 0, [users], to);
        return Promise.race([asked.catch(nothing), late.promise]);
      }),
    );
    clearTimeout(timer);
    return told.flat();
  }

  const inbox = answerSubject(nats, router);
  const interests = [
    nats.subscribe(`${inbox}.>`, (subject, data, _, status) => {
      const [instance, batch] = subject.slice(inbox.length + 1).split(".") as [string, string];
      const link = links.get(instance);
      if (!link) return;
      if (status !== noResponders) return link.heard(data);
      owners.suspect(instance);
      link.nobodyHeard(Number(batch), performance.now());
    }),
    nats.subscribe(backSubject(nats), (_, data) => links.get(Buffer.from(data).toString())?.lost()),
  ];
  const ends = [
    rollCall.onChange(refresh),
    nats.onLost(() => {
      refresh();
      for (const link of links.values()) link.lost();
    }),
    nats.onBack(refresh),
  ];
  const timer = setInterval(sweep, sweepEveryMs);
  timer.unref();
  refresh();

  const inOrder = <M extends Method>(method: M, id: ConversationId, args: Parameters<Messaging[M]>) =>
    ask(method, id, bucketOf(id), args);

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
    create: (...args) => ask("create", args[0], bucketOf(args[0] as string as ConversationId), args),
    conversation: (...args) => inOrder("conversation", args[1], args),
    rename: (...args) => inOrder("rename", args[1], args),
    addMembers: (...args) => inOrder("addMembers", args[1], args),
    removeMember: (...args) => inOrder("removeMember", args[1], args),
    setRole: (...args) => inOrder("setRole", args[1], args),
    join: (...args) => inOrder("join", args[1], args),
    leave: (...args) => inOrder("leave", args[1], args),
    members: (...args) => inOrder("members", args[1], args),
    membersByNumber: (...args) => inOrder("membersByNumber", args[1], args),
    cursors: (...args) => inOrder("cursors", args[1], args),
    waitingCursors,
    newest: (ids) => askEach("newest", ids),
    heads: (ids, isFresh = false) => askEach("heads", ids, isFresh),
    stats() {
      let [inFlight, batches, waiting] = [inFlightLocal, 0, orphans.length];
      for (const link of links.values()) {
        inFlight += link.inFlight.size;
        batches += link.batches;
      }
      for (const flow of flows.values()) waiting += flow.waiting.length;
      return { instances: owners.count, inFlight, waiting, commands, batches, returned, lost };
    },
    bucketsOf: (instance) => owners.bucketsOf(instance),
    close() {
      clearInterval(timer);
      for (const end of ends) end();
      for (const interest of interests) interest.end();
      for (const link of links.values()) link.lost();
    },
  };
}

const noResponders = 503;

const lists: readonly Method[] = ["newest", "heads", "waitingCursors"];
const isList = (method: Method) => lists.includes(method);

/** The service of this process leaves, and did not run it. */
function isDraining(value: unknown): boolean {
  const answer = value as { ok?: boolean; refusal?: { reason?: string } } | null;
  return answer?.ok === false && answer.refusal?.reason === "draining";
}
