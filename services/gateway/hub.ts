// Step 10 of a message's way: which sessions care for a conversation, and the same bytes to all of them.
// The index is compact; only rooms that are large and live become native topics.

import type { ConversationId, MessageName, UserId } from "#base/ids.ts";
import type { Clock } from "#ports/clock.ts";
import type { EncodedChanges, EventBus, HeadEvent } from "#ports/event-bus.ts";
import type { SocketPayload, Sockets } from "#ports/sockets.ts";
import { codecs } from "#protocol/codecs.ts";
import { type Subprotocol, subprotocols } from "#protocol/frames.ts";
import { Room } from "./room.ts";
import type { ClientSession } from "./session.ts";

export interface HubLimits {
  /** From this many sessions on, a live room is published natively instead of socket by socket. */
  readonly topicSessionsMin: number;
  /** A topic whose room was silent this long is given back. */
  readonly topicQuietMs: number;
  /** The longest time for which a busy room gathers changes. */
  readonly gatherMsMax: number;
}

export class Hub {
  readonly #sockets: Sockets;
  readonly #bus: EventBus;
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #rooms = new Map<ConversationId, Room>();
  readonly #roomByNo: (Room | null)[] = [];
  readonly #freeRooms: number[] = [];
  readonly #sessions: (ClientSession | null)[] = [];
  readonly #freeSlots: number[] = [];
  readonly #users = new Map<UserId, ClientSession[]>();
  readonly #topics = new Set<Room>();
  /** Counts changes over all rooms: "has anything happened since I was told?" is one comparison a room. */
  changeNo = 0;
  sessionCount = 0;
  deliveries = 0;

  constructor(sockets: Sockets, bus: EventBus, clock: Clock, limits: HubLimits) {
    this.#sockets = sockets;
    this.#bus = bus;
    this.#clock = clock;
    this.#limits = limits;
  }

  /** From here on the session misses no change of these conversations. */
  enter(session: ClientSession, conversations: readonly ConversationId[]): void {
    session.slot = this.#freeSlots.pop() ?? this.#sessions.length;
    this.#sessions[session.slot] = session;
    this.sessionCount++;
    session.toldChangeNo = this.changeNo;
    const rooms = new Int32Array(conversations.length);
    for (let i = 0; i < conversations.length; i++) rooms[i] = this.#place(session, conversations[i]!).no;
    session.rooms = rooms;
  }

  /** Before the inbox is read, so that a membership that comes meanwhile is not missed. */
  followUser(session: ClientSession): void {
    const sessions = this.#users.get(session.user);
    if (sessions) sessions.push(session);
    else {
      this.#users.set(session.user, [session]);
      this.#bus.followUser(session.user);
    }
  }

  leave(session: ClientSession): void {
    this.#unfollowUser(session);
    if (session.slot < 0) return;
    for (const no of session.rooms) this.#removeFrom(this.#roomByNo[no]!, session);
    session.rooms = new Int32Array(0);
    this.#sessions[session.slot] = null;
    this.#freeSlots.push(session.slot);
    session.slot = -1;
    this.sessionCount--;
  }

  sessionsOf(user: UserId): readonly ClientSession[] {
    return this.#users.get(user) ?? [];
  }

  room(conversation: ConversationId): Room | undefined {
    return this.#rooms.get(conversation);
  }

  rooms(): Room[] {
    return [...this.#rooms.values()];
  }

  /** All that are in the hub. */
  sessions(): ClientSession[] {
    return this.#sessions.filter((session) => session !== null);
  }

  conversationsOf(session: ClientSession): ConversationId[] {
    return Array.from(session.rooms, (no) => this.#roomByNo[no]!.conversation);
  }

  isIn(session: ClientSession, conversation: ConversationId): boolean {
    const room = this.#rooms.get(conversation);
    return room !== undefined && session.rooms.includes(room.no);
  }

  join(session: ClientSession, conversation: ConversationId): Room {
    if (this.isIn(session, conversation)) return this.#rooms.get(conversation)!;
    const room = this.#place(session, conversation);
    const rooms = new Int32Array(session.rooms.length + 1);
    rooms.set(session.rooms);
    rooms[session.rooms.length] = room.no;
    session.rooms = rooms;
    return room;
  }

  /** False when the session was not in it. */
  part(session: ClientSession, conversation: ConversationId): boolean {
    const room = this.#rooms.get(conversation);
    if (!room || !session.rooms.includes(room.no)) return false;
    this.flush(room);
    session.rooms = session.rooms.filter((no) => no !== room.no);
    this.#removeFrom(room, session);
    return true;
  }

  /** The session's rooms in which something happened since it was last told; marks it as told. */
  news(session: ClientSession): Room[] {
    const news: Room[] = [];
    if (session.toldChangeNo === this.changeNo) return news;
    for (const no of session.rooms) {
      const room = this.#roomByNo[no]!;
      if (room.changeNo > session.toldChangeNo) news.push(room);
    }
    session.toldChangeNo = this.changeNo;
    return news;
  }

  changed(event: EncodedChanges): void {
    const room = this.#rooms.get(event.conversation);
    if (!room) return;
    room.noteHead(event.rev, event.lastSeq);
    room.changeNo = ++this.changeNo;
    const now = this.#clock.now();
    room.noteRate(event.names?.length ?? 1, now);
    room.waiting.push(event);
    if (room.isFlushScheduled) return;
    const dueInMs = room.lastFlushAt + room.windowMs(this.#limits.gatherMsMax) - now;
    if (dueInMs <= 0) return this.flush(room);
    room.isFlushScheduled = true;
    this.#clock.after(dueInMs, () => {
      room.isFlushScheduled = false;
      this.flush(room);
    });
  }

  /** Changes happened that nobody could announce: each session is told where the conversation stands. False: known. */
  stands(event: HeadEvent): boolean {
    const room = this.#rooms.get(event.conversation);
    if (!room || event.rev <= room.rev) return false;
    this.flush(room);
    room.noteHead(event.rev, event.lastSeq);
    room.changeNo = ++this.changeNo;
    const heads = [{ conversation: event.conversation, rev: room.rev }];
    for (let i = 0; i < room.slots.length; i++) {
      const session = this.#sessions[room.slots.at(i)]!;
      session.tell(session.codec.encodeServer({ kind: "pong", heads }));
    }
    return true;
  }

  flush(room: Room): void {
    if (room.waiting.length === 0) return;
    const events = room.waiting;
    room.waiting = [];
    room.lastFlushAt = this.#clock.now();
    this.deliveries += room.slots.length;
    if (!room.isTopic && room.slots.length >= this.#limits.topicSessionsMin) this.#becomeTopic(room);
    if (room.isTopic) this.#publish(room, events);
    else this.#tellEach(room, events);
  }

  /** Gives back the native topics of rooms that have fallen silent. */
  sweepTopics(): void {
    const silentSince = this.#clock.now() - this.#limits.topicQuietMs;
    for (const room of this.#topics) if (room.lastChangeAt < silentSince) this.#endTopic(room);
  }

  #publish(room: Room, events: readonly EncodedChanges[]): void {
    for (const subprotocol of subprotocols) {
      this.#sockets.publish(topicOf(room, subprotocol), frameOf(room, subprotocol, events));
    }
  }

  #tellEach(room: Room, events: readonly EncodedChanges[]): void {
    const frames: Partial<Record<Subprotocol, SocketPayload>> = {};
    for (let i = 0; i < room.slots.length; i++) {
      const session = this.#sessions[room.slots.at(i)]!;
      if (session.namesInFlight && areAllOwn(events, session.namesInFlight)) continue;
      const subprotocol = session.codec.subprotocol;
      frames[subprotocol] ??= frameOf(room, subprotocol, events);
      session.tell(frames[subprotocol]);
    }
  }

  #place(session: ClientSession, conversation: ConversationId): Room {
    const room = this.#rooms.get(conversation) ?? this.#openRoom(conversation);
    room.slots.add(session.slot);
    if (room.isTopic) session.socket.subscribe(topicOf(room, session.codec.subprotocol));
    return room;
  }

  #openRoom(conversation: ConversationId): Room {
    const room = new Room(this.#freeRooms.pop() ?? this.#roomByNo.length, conversation);
    this.#roomByNo[room.no] = room;
    this.#rooms.set(conversation, room);
    this.#bus.followConversation(conversation);
    return room;
  }

  #removeFrom(room: Room, session: ClientSession): void {
    room.slots.remove(session.slot);
    if (room.isTopic && session.state !== "closed") {
      session.socket.unsubscribe(topicOf(room, session.codec.subprotocol));
    }
    if (room.slots.length > 0) return;
    room.waiting = [];
    room.isTopic = false;
    this.#topics.delete(room);
    this.#rooms.delete(room.conversation);
    this.#roomByNo[room.no] = null;
    this.#freeRooms.push(room.no);
    this.#bus.unfollowConversation(room.conversation);
  }

  #unfollowUser(session: ClientSession): void {
    const sessions = this.#users.get(session.user);
    if (!sessions?.includes(session)) return;
    if (sessions.length > 1) {
      sessions.splice(sessions.indexOf(session), 1);
      return;
    }
    this.#users.delete(session.user);
    this.#bus.unfollowUser(session.user);
  }

  #becomeTopic(room: Room): void {
    room.isTopic = true;
    this.#topics.add(room);
    this.#eachSocket(room, (session, topic) => session.socket.subscribe(topic));
  }

  #endTopic(room: Room): void {
    room.isTopic = false;
    this.#topics.delete(room);
    this.#eachSocket(room, (session, topic) => session.socket.unsubscribe(topic));
  }

  #eachSocket(room: Room, act: (session: ClientSession, topic: string) => void): void {
    for (let i = 0; i < room.slots.length; i++) {
      const session = this.#sessions[room.slots.at(i)]!;
      act(session, topicOf(room, session.codec.subprotocol));
    }
  }
}

function topicOf(room: Room, subprotocol: Subprotocol): string {
  return subprotocol === "banyan.v1.msgpack" ? `b${room.no}` : `j${room.no}`;
}

function frameOf(room: Room, subprotocol: Subprotocol, events: readonly EncodedChanges[]): SocketPayload {
  const changes =
    events.length === 1 ? events[0]!.encoded(subprotocol) : events.flatMap((e) => e.encoded(subprotocol));
  return codecs[subprotocol].frameChanges(room.conversation, changes);
}

function areAllOwn(events: readonly EncodedChanges[], own: ReadonlySet<MessageName>): boolean {
  return events.every((event) => event.names?.every((name) => own.has(name)) ?? false);
}
