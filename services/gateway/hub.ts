// Step 10 of a message's way: which sessions care for a conversation, and the same bytes to all of them.
// The index is compact; only rooms that are large and live become native topics.

import type { ConversationId, MessageName, Rev, Seq, UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { EncodedChanges, EventBus, HeadEvent } from "#ports/event-bus.ts";
import type { SocketPayload, Sockets } from "#ports/sockets.ts";
import { codecs } from "#protocol/codecs.ts";
import { type Subprotocol, subprotocols } from "#protocol/frames.ts";
import { People } from "./people.ts";
import { LiveRoom } from "./room.ts";
import { Rooms } from "./rooms.ts";
import type { ClientSession } from "./session.ts";

export interface HubLimits {
  /** From this many sessions on, a live room is published natively instead of socket by socket. */
  readonly topicSessionsMin: number;
  /** A topic whose room was silent this long is given back. */
  readonly topicQuietMs: number;
  /** The longest time for which a busy room gathers changes. */
  readonly gatherMsMax: number;
}

/** Where a conversation stands, as far as it is known here. */
export interface KnownHead {
  readonly conversation: ConversationId;
  readonly rev: Rev;
  readonly lastSeq: Seq;
}

/** A room is lively for so long after a change. */
export const livelyMs = 120_000;

export class Hub {
  readonly #sockets: Sockets;
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #rooms = new Rooms();
  readonly #live = new Map<number, LiveRoom>();
  readonly #sessions: (ClientSession | null)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #people: People;
  /** Counts changes over all rooms: "has anything happened since I was told?" is one comparison a room. */
  changeNo = 0;
  sessionCount = 0;
  deliveries = 0;

  constructor(sockets: Sockets, bus: EventBus, clock: Clock, limits: HubLimits) {
    this.#sockets = sockets;
    this.#bus = bus;
    this.#people = new People(bus);
    this.#clock = clock;
    this.#limits = limits;
  }

  /**
   * From here on the session misses no change of these conversations. Their rooms' numbers, in this order, which hold
   * as long as the session's `rooms` are these.
   */
  enter(session: ClientSession, conversations: readonly ConversationId[]): Int32Array {
    session.slot = this.#freeSlots.pop() ?? this.#sessions.length;
    this.#sessions[session.slot] = session;
    this.sessionCount++;
    session.toldChangeNo = this.changeNo;
    const rooms = new Int32Array(conversations.length);
    for (let i = 0; i < conversations.length; i++) rooms[i] = this.#place(session, conversations[i]!);
    session.rooms = rooms;
    return rooms;
  }

  /** Before the inbox is read, so that a membership that comes meanwhile is not missed. */
  followUser(session: ClientSession): void {
    this.#people.add(session);
  }

  leave(session: ClientSession): void {
    this.#people.remove(session);
    if (session.slot < 0) return;
    for (const no of session.rooms) this.#removeFrom(no, session);
    session.rooms = new Int32Array(0);
    this.#sessions[session.slot] = null;
    this.#freeSlots.push(session.slot);
    session.slot = -1;
    this.sessionCount--;
  }

  sessionsOf(user: UserId): readonly ClientSession[] {
    return this.#people.sessionsOf(user);
  }

  /** All that are in the hub. */
  sessions(): ClientSession[] {
    return this.#sessions.filter((session) => session !== null);
  }

  conversationsOf(session: ClientSession): ConversationId[] {
    return Array.from(session.rooms, (no) => this.#rooms.conversationOf(no));
  }

  isIn(session: ClientSession, conversation: ConversationId): boolean {
    const no = this.#rooms.numberOf(conversation);
    return no >= 0 && session.rooms.includes(no);
  }

  /** The room's number. The session must not be in it yet. */
  join(session: ClientSession, conversation: ConversationId): number {
    const no = this.#place(session, conversation);
    const rooms = new Int32Array(session.rooms.length + 1);
    rooms.set(session.rooms);
    rooms[session.rooms.length] = no;
    session.rooms = rooms;
    return no;
  }

  /** False when the session was not in it. */
  part(session: ClientSession, conversation: ConversationId): boolean {
    const no = this.#rooms.numberOf(conversation);
    if (no < 0 || !session.rooms.includes(no)) return false;
    this.#flushIfLive(no);
    session.rooms = session.rooms.filter((room) => room !== no);
    this.#removeFrom(no, session);
    return true;
  }

  /** Undefined: nobody here is in it. Zeros until `headRead`, unless something was heard of it. */
  head(conversation: ConversationId): KnownHead | undefined {
    const no = this.#rooms.numberOf(conversation);
    return no < 0 ? undefined : this.headIn(no, conversation);
  }

  /** The same of an open room of which the caller knows the conversation. */
  headIn(no: number, conversation: ConversationId): KnownHead {
    return { conversation, rev: this.#rooms.rev(no), lastSeq: this.#rooms.lastSeq(no) };
  }

  /** The conversations among those open rooms of which nobody has read where they stand since they are followed. */
  withoutHead(rooms: ArrayLike<number>): ConversationId[] {
    const without: ConversationId[] = [];
    for (let i = 0; i < rooms.length; i++)
      if (!this.#rooms.isHeadKnown(rooms[i]!)) without.push(this.#rooms.conversationOf(rooms[i]!));
    return without;
  }

  /** What was read; null: there is nothing. */
  headRead(conversation: ConversationId, head: Pick<KnownHead, "rev" | "lastSeq"> | null): void {
    const no = this.#rooms.numberOf(conversation);
    if (no < 0) return;
    if (head) this.#rooms.noteHead(no, head.rev, head.lastSeq);
    this.#rooms.headIsKnown(no);
  }

  /** Numbers of all rooms, those with the newest changes first. */
  roomNumbers(): number[] {
    const live = this.livelySince(Number.NEGATIVE_INFINITY);
    return [...live, ...this.roomNumbersFrom(0, 1).filter((no) => !this.#live.has(no))];
  }

  /** Numbers of rooms with a change after that, the newest first. */
  livelySince(since: number): number[] {
    const lively = [...this.#live.values()].filter((room) => room.lastChangeAt > since);
    return lively.sort((a, b) => b.lastChangeAt - a.lastChangeAt).map((room) => room.no);
  }

  /** Numbers of the rooms in that share of all, from a share on. */
  roomNumbersFrom(from: number, share: number): number[] {
    const { end } = this.#rooms;
    const numbers: number[] = [];
    for (let no = Math.floor(from * end); no < Math.min(end, Math.ceil((from + share) * end)); no++)
      if (this.#rooms.isOpen(no)) numbers.push(no);
    return numbers;
  }

  /** Where those rooms stand whose heads were read. */
  knownHeads(numbers: readonly number[]): KnownHead[] {
    return numbers
      .filter((no) => this.#rooms.isOpen(no) && this.#rooms.isHeadKnown(no))
      .map((no) => this.#headOf(no));
  }

  /** The session's rooms in which something happened since it was last told; marks it as told. */
  news(session: ClientSession): KnownHead[] {
    const news: KnownHead[] = [];
    if (session.toldChangeNo === this.changeNo) return news;
    for (const no of session.rooms)
      if (this.#rooms.changeNo(no) > session.toldChangeNo) news.push(this.#headOf(no));
    session.toldChangeNo = this.changeNo;
    return news;
  }

  changed(event: EncodedChanges): void {
    const no = this.#rooms.numberOf(event.conversation);
    if (no < 0) return;
    this.#rooms.noteHead(no, event.rev, event.lastSeq);
    this.#rooms.noteChange(no, ++this.changeNo);
    const now = this.#clock.now();
    const room = this.#live.get(no) ?? this.#becomesLive(no, event.conversation, now);
    room.noteRate(event.names?.length ?? 1, now);
    room.waiting.push(event);
    if (room.isFlushScheduled) return;
    const windowMs = room.windowMs(this.#rooms.count(no), this.#limits.gatherMsMax);
    const dueInMs = room.lastFlushAt + windowMs - now;
    if (dueInMs <= 0) return this.#flush(room);
    room.isFlushScheduled = true;
    this.#clock.after(dueInMs, () => {
      room.isFlushScheduled = false;
      this.#flush(room);
    });
  }

  /** Changes happened that nobody could announce: each session is told where the conversation stands. False: known. */
  stands(event: HeadEvent): boolean {
    const no = this.#rooms.numberOf(event.conversation);
    if (no < 0 || event.rev <= this.#rooms.rev(no)) return false;
    this.#flushIfLive(no);
    this.#rooms.noteHead(no, event.rev, event.lastSeq);
    this.#rooms.noteChange(no, ++this.changeNo);
    const heads = [{ conversation: event.conversation, rev: event.rev }];
    this.#each(no, (session) => session.tell(session.codec.encodeServer({ kind: "pong", heads })));
    return true;
  }

  /** Gives back the native topics of rooms that have fallen silent, and forgets that they were live. */
  sweepTopics(): void {
    const now = this.#clock.now();
    for (const room of this.#live.values()) {
      const silentMs = now - room.lastChangeAt;
      if (room.isTopic && silentMs > this.#limits.topicQuietMs) this.#endTopic(room);
      if (!room.isTopic && !room.isFlushScheduled && silentMs > livelyMs) this.#live.delete(room.no);
    }
  }

  #headOf(no: number): KnownHead {
    return this.headIn(no, this.#rooms.conversationOf(no));
  }

  #becomesLive(no: number, conversation: ConversationId, now: number): LiveRoom {
    const room = new LiveRoom(no, conversation, now);
    this.#live.set(no, room);
    return room;
  }

  #flushIfLive(no: number): void {
    const room = this.#live.get(no);
    if (room) this.#flush(room);
  }

  #flush(room: LiveRoom): void {
    if (room.waiting.length === 0) return;
    const events = room.waiting;
    room.waiting = [];
    room.lastFlushAt = this.#clock.now();
    const sessions = this.#rooms.count(room.no);
    this.deliveries += sessions;
    if (!room.isTopic && sessions >= this.#limits.topicSessionsMin) this.#becomeTopic(room);
    if (room.isTopic) this.#publish(room, events);
    else this.#tellEach(room, events);
  }

  #publish(room: LiveRoom, events: readonly EncodedChanges[]): void {
    for (const subprotocol of subprotocols) {
      this.#sockets.publish(topicOf(room, subprotocol), frameOf(room, subprotocol, events));
    }
  }

  #tellEach(room: LiveRoom, events: readonly EncodedChanges[]): void {
    const frames: Partial<Record<Subprotocol, SocketPayload>> = {};
    this.#each(room.no, (session) => {
      if (session.namesInFlight && areAllOwn(events, session.namesInFlight)) return;
      const subprotocol = session.codec.subprotocol;
      frames[subprotocol] ??= frameOf(room, subprotocol, events);
      session.tell(frames[subprotocol]);
    });
  }

  #each(no: number, act: (session: ClientSession) => void): void {
    for (let i = 0; i < this.#rooms.count(no); i++) act(this.#sessions[this.#rooms.slot(no, i)]!);
  }

  #place(session: ClientSession, conversation: ConversationId): number {
    let no = this.#rooms.numberOf(conversation);
    if (no < 0) {
      no = this.#rooms.open(conversation);
      // An id of its own: this one may be a piece of the text of a whole list, which would be kept with it.
      this.#bus.followConversation(this.#rooms.conversationOf(no));
    }
    this.#rooms.addSlot(no, session.slot);
    const room = this.#live.get(no);
    if (room?.isTopic) session.socket.subscribe(topicOf(room, session.codec.subprotocol));
    return no;
  }

  #removeFrom(no: number, session: ClientSession): void {
    this.#rooms.removeSlot(no, session.slot);
    const room = this.#live.get(no);
    if (room?.isTopic && session.state !== "closed") {
      session.socket.unsubscribe(topicOf(room, session.codec.subprotocol));
    }
    if (this.#rooms.isOpen(no)) return;
    if (room) room.waiting = [];
    this.#live.delete(no);
    const conversation = this.#rooms.conversationOf(no);
    this.#rooms.close(no);
    this.#bus.unfollowConversation(conversation);
  }

  #becomeTopic(room: LiveRoom): void {
    room.isTopic = true;
    this.#each(room.no, (session) => session.socket.subscribe(topicOf(room, session.codec.subprotocol)));
  }

  #endTopic(room: LiveRoom): void {
    room.isTopic = false;
    this.#each(room.no, (session) => session.socket.unsubscribe(topicOf(room, session.codec.subprotocol)));
  }
}

function topicOf(room: LiveRoom, subprotocol: Subprotocol): string {
  return subprotocol === "banyan.v1.msgpack" ? `b${room.no}` : `j${room.no}`;
}

function frameOf(room: LiveRoom, subprotocol: Subprotocol, events: readonly EncodedChanges[]): SocketPayload {
  const changes =
    events.length === 1 ? events[0]!.encoded(subprotocol) : events.flatMap((e) => e.encoded(subprotocol));
  return codecs[subprotocol].frameChanges(room.conversation, changes);
}

function areAllOwn(events: readonly EncodedChanges[], own: ReadonlySet<MessageName>): boolean {
  return events.every((event) => event.names?.every((name) => own.has(name)) ?? false);
}
