// Puts load on connected clients, closed loop or open loop, and measures windows of it.
//
// Closed loop: each group (a pair, a room) keeps a number of messages under way; one is done when it is
// acknowledged and its watcher has got it. Open loop: messages leave by a fixed timetable whatever comes back,
// and latency counts from the timetable, so that a stall is seen by all who would have sent in it.

import type { Dialect, Ear } from "./dialect.ts";
import { Histogram, type Percentiles } from "./histogram.ts";
import { cpuPartsOf, cpuUsByPart, machineBusyUs } from "./process-tree.ts";
import { type Link, traffic } from "./web-socket.ts";

export interface Group {
  readonly place: string;
  readonly members: readonly Link[];
  /** Members whose clients are in other processes. */
  readonly elsewhere?: number;
  /** Who sends, in turn. */
  readonly senders: readonly Link[];
  /** Whose receipt of a sender's message ends that message. */
  watcherOf(sender: Link): Link;
}

export interface Window {
  readonly seconds: number;
  readonly perSecond: number;
  readonly acked: number;
  /** Deliveries to other members that the acknowledged messages call for. */
  readonly deliveries: number;
  readonly serverCpuUs: number;
  /** PostgreSQL's part of it. */
  readonly postgresCpuUs: number;
  /** Of each part, where the server is made of several. */
  readonly partCpuUs: Readonly<Record<string, number>>;
  /** Of one core. */
  readonly serverShare: number;
  readonly generatorShare: number;
  /** Of one core: what neither the server nor this driver did. */
  readonly othersShare: number;
  readonly bytesInPerDelivery: number;
  /** Both ways, with the send and its acknowledgement. */
  readonly bytesPerMessage: number;
  readonly ack: Percentiles;
  readonly delivery: Percentiles;
  readonly refused: Readonly<Record<string, number>>;
  /** Messages that were not done within the deadline. */
  readonly stuck: number;
  /** Open loop: how late the driver itself was, at the 99th percentile. */
  readonly lateP99Ms: number;
}

/** What happened in a short time of a load that changes. */
export interface Slice {
  readonly phase: number;
  readonly atMs: number;
  readonly seconds: number;
  readonly offered: number;
  readonly acked: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly refusedWithoutHint: number;
  /** Of what was sent in this phase. */
  readonly ack: Percentiles;
  readonly serverCpuUs: number;
  readonly partCpuUs: Readonly<Record<string, number>>;
}

const ringSize = 1 << 18;
const stuckAfterMs = 10_000;
const isAcked = 1;
const isSeen = 2;
const isDone = isAcked | isSeen;

export class Load {
  private readonly startedAt = new Float64Array(ringSize);
  private readonly state = new Uint8Array(ringSize);
  private readonly opAt = new Float64Array(ringSize);
  private readonly senderAt: (Link | null)[] = new Array(ringSize).fill(null);
  private readonly groupAt = new Int32Array(ringSize);
  private readonly nextSender: number[];
  private readonly sent: number[];
  private readonly ackedOf: number[];
  private readonly waiting = new Set<number>();
  private readonly ack = new Histogram();
  private readonly delivery = new Histogram();
  private readonly late = new Histogram();
  private refused: Record<string, number> = {};
  private refusedWithoutHint = 0;
  /** Latency is recorded of what was sent after this. */
  private recordFrom = 0;
  private acked = 0;
  private deliveriesDue = 0;
  private stuck = 0;
  private op = 0;
  private isClosedLoop = false;
  private groups: readonly Group[] = [];

  constructor(
    private readonly dialect: Dialect,
    private readonly serverPids: readonly number[],
    private readonly parts: Readonly<Record<string, readonly number[]>> = {},
  ) {
    this.nextSender = [];
    this.sent = [];
    this.ackedOf = [];
  }

  /** Who is where; once, before the load begins. */
  seat(groups: readonly Group[]): void {
    this.groups = groups;
    for (let g = 0; g < groups.length; g++) {
      this.nextSender[g] = 0;
      this.sent[g] = 0;
      this.ackedOf[g] = 0;
    }
  }

  readonly ear: Omit<Ear, "live"> = {
    acked: (_, op) => this.onAcked(op),
    refused: (link, op, code, retryAfterMs) => this.onRefused(link, op, code, retryAfterMs),
    delivered: (link, count) => {
      link.deliveries += count;
    },
    saw: (link, op) => this.onSaw(link, op),
  };

  async closedLoop(inFlightPerGroup: number, warmSeconds: number, seconds: number): Promise<Window> {
    this.isClosedLoop = true;
    for (let round = 0; round < inFlightPerGroup; round++)
      for (let g = 0; g < this.groups.length; g++) this.sendIn(g, performance.now());
    const rescue = setInterval(() => this.rescue(), 1000);
    const window = await this.measure(warmSeconds, seconds);
    clearInterval(rescue);
    this.isClosedLoop = false;
    await this.settle();
    return window;
  }

  async openLoop(perSecond: number, warmSeconds: number, seconds: number): Promise<Window> {
    const everyMs = 1000 / perSecond;
    let dueAt = performance.now();
    let turn = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      if (now >= dueAt) this.late.recordMs(now - dueAt);
      while (dueAt <= now) {
        this.sendIn(turn, dueAt);
        turn = (turn + 1) % this.groups.length;
        dueAt += everyMs;
      }
    }, 1);
    const window = await this.measure(warmSeconds, seconds);
    clearInterval(timer);
    await this.settle();
    return window;
  }

  /**
   * Open loop at one rate after the other, without a pause in between; told in slices. Patient: what a client would
   * send while it has been told to wait stays with it.
   */
  async phases(
    phases: readonly { perSecond: number; seconds: number }[],
    sliceMs: number,
    isPatient: boolean,
  ): Promise<Slice[]> {
    const slices: Slice[] = [];
    let rate = phases[0]!.perSecond;
    let offered = 0;
    let dueAt = performance.now();
    let turn = 0;
    const timer = setInterval(() => {
      const now = performance.now();
      while (dueAt <= now) {
        if (isPatient && this.senderIn(turn).heldUntil > now) this.nextSender[turn]! += 1;
        else this.sendIn(turn, dueAt);
        offered++;
        turn = (turn + 1) % this.groups.length;
        dueAt += 1000 / rate;
      }
    }, 1);
    for (const [phase, { perSecond, seconds }] of phases.entries()) {
      rate = perSecond;
      const startedAt = performance.now();
      this.recordFrom = startedAt;
      while (performance.now() - startedAt < seconds * 1000) {
        this.ack.clear();
        this.refused = {};
        this.refusedWithoutHint = 0;
        const offeredBefore = offered;
        const before = this.counters();
        await Bun.sleep(sliceMs);
        const after = this.counters();
        slices.push({
          phase,
          atMs: after.at - startedAt,
          seconds: (after.at - before.at) / 1000,
          offered: offered - offeredBefore,
          acked: after.acked - before.acked,
          refused: this.refused,
          refusedWithoutHint: this.refusedWithoutHint,
          ack: this.ack.percentiles(),
          serverCpuUs: after.serverUs + after.postgresUs - before.serverUs - before.postgresUs,
          partCpuUs: partsBetween(before.partUs, after.partUs),
        });
      }
    }
    clearInterval(timer);
    this.recordFrom = 0;
    await this.settle();
    return slices;
  }

  /** When this op was to leave, by the machine's clock; null: too long ago. */
  startedAtEpochMs(op: number): number | null {
    const at = op & (ringSize - 1);
    return this.opAt[at] === op ? performance.timeOrigin + this.startedAt[at]! : null;
  }

  /** Messages acknowledged so far, in all groups. */
  get ackedCount(): number {
    return this.acked;
  }

  /** Deliveries that never came, over all loads so far; call it when settled. */
  missing(): number {
    let missing = 0;
    const due = new Map<Link, number>();
    this.groups.forEach((group, g) => {
      for (const link of group.members) due.set(link, (due.get(link) ?? 0) + this.ackedOf[g]!);
    });
    for (const [link, count] of due) missing += Math.max(0, count - link.sends - link.deliveries);
    return missing;
  }

  private async measure(warmSeconds: number, seconds: number): Promise<Window> {
    await Bun.sleep(warmSeconds * 1000);
    this.ack.clear();
    this.delivery.clear();
    this.late.clear();
    this.refused = {};
    const before = this.counters();
    await Bun.sleep(seconds * 1000);
    const after = this.counters();
    const wallMs = after.at - before.at;
    const acked = after.acked - before.acked;
    const deliveries = after.deliveriesDue - before.deliveriesDue;
    const postgresCpuUs = after.postgresUs - before.postgresUs;
    const serverCpuUs = after.serverUs - before.serverUs + postgresCpuUs;
    const ownCpuUs = after.ownCpuUs - before.ownCpuUs;
    const othersUs = after.machineBusyUs - before.machineBusyUs - serverCpuUs - ownCpuUs;
    return {
      seconds: wallMs / 1000,
      perSecond: acked / (wallMs / 1000),
      acked,
      deliveries,
      serverCpuUs,
      postgresCpuUs,
      partCpuUs: partsBetween(before.partUs, after.partUs),
      serverShare: serverCpuUs / 1000 / wallMs,
      generatorShare: ownCpuUs / 1000 / wallMs,
      othersShare: Math.max(0, othersUs / 1000 / wallMs),
      bytesInPerDelivery: (after.bytesIn - before.bytesIn) / Math.max(1, deliveries),
      bytesPerMessage:
        (after.bytesIn - before.bytesIn + after.bytesOut - before.bytesOut) / Math.max(1, acked),
      ack: this.ack.percentiles(),
      delivery: this.delivery.percentiles(),
      refused: this.refused,
      stuck: after.stuck - before.stuck,
      lateP99Ms: this.late.percentiles().p99Ms,
    };
  }

  private counters() {
    const own = process.cpuUsage();
    return {
      at: performance.now(),
      ...cpuPartsOf(this.serverPids),
      partUs: cpuUsByPart(this.parts),
      ownCpuUs: own.user + own.system,
      machineBusyUs: machineBusyUs(),
      acked: this.acked,
      deliveriesDue: this.deliveriesDue,
      stuck: this.stuck,
      bytesIn: traffic.bytesIn,
      bytesOut: traffic.bytesOut,
    };
  }

  private senderIn(g: number): Link {
    const { senders } = this.groups[g]!;
    return senders[this.nextSender[g]! % senders.length]!;
  }

  private sendIn(g: number, startMs: number): void {
    const group = this.groups[g]!;
    const sender = this.senderIn(g);
    this.nextSender[g] = (this.nextSender[g]! + 1) % group.senders.length;
    const op = ++this.op;
    const at = op & (ringSize - 1);
    this.opAt[at] = op;
    this.startedAt[at] = startMs;
    this.state[at] = 0;
    this.senderAt[at] = sender;
    this.groupAt[at] = g;
    this.waiting.add(op);
    this.dialect.send(sender, group.place, op);
  }

  private onAcked(op: number): void {
    const at = op & (ringSize - 1);
    if (this.opAt[at] !== op || this.state[at]! & isAcked) return;
    if (this.startedAt[at]! >= this.recordFrom) this.ack.recordMs(performance.now() - this.startedAt[at]!);
    const g = this.groupAt[at]!;
    this.acked++;
    this.ackedOf[g]!++;
    this.senderAt[at]!.sends++;
    const { members, elsewhere = 0 } = this.groups[g]!;
    this.deliveriesDue += members.length - 1 + elsewhere;
    this.advance(op, at, isAcked);
  }

  private onSaw(link: Link, op: number): void {
    const at = op & (ringSize - 1);
    const sender = this.senderAt[at];
    if (this.opAt[at] !== op || !sender || sender === link) return;
    this.delivery.recordMs(performance.now() - this.startedAt[at]!);
    if (this.groups[this.groupAt[at]!]!.watcherOf(sender) === link) this.advance(op, at, isSeen);
  }

  private onRefused(link: Link, op: number | null, code: string, retryAfterMs?: number): void {
    this.refused[code] = (this.refused[code] ?? 0) + 1;
    if (retryAfterMs === undefined) this.refusedWithoutHint++;
    else link.heldUntil = performance.now() + retryAfterMs;
    if (op === null) return;
    this.giveUp(op);
  }

  private advance(op: number, at: number, step: number): void {
    this.state[at]! |= step;
    if (this.state[at] !== isDone) return;
    this.waiting.delete(op);
    if (this.isClosedLoop) this.sendIn(this.groupAt[at]!, performance.now());
  }

  private giveUp(op: number): void {
    if (!this.waiting.delete(op)) return;
    const g = this.groupAt[op & (ringSize - 1)]!;
    if (this.isClosedLoop) setTimeout(() => this.isClosedLoop && this.sendIn(g, performance.now()), 100);
  }

  private rescue(): void {
    const before = performance.now() - stuckAfterMs;
    for (const op of this.waiting) {
      if (this.startedAt[op & (ringSize - 1)]! > before) continue;
      this.stuck++;
      this.giveUp(op);
    }
  }

  /** Waits until nothing is under way, at most `stuckAfterMs`; what is left is counted as stuck. */
  private async settle(): Promise<void> {
    const deadline = performance.now() + stuckAfterMs;
    while (this.waiting.size > 0 && performance.now() < deadline) await Bun.sleep(20);
    // The last batch's other receivers.
    await Bun.sleep(200);
    this.stuck += this.waiting.size;
    this.waiting.clear();
  }
}

function partsBetween(before: Record<string, number>, after: Record<string, number>): Record<string, number> {
  return Object.fromEntries(Object.entries(after).map(([name, us]) => [name, us - (before[name] ?? 0)]));
}
