// What people do, one function for each action. Each begins at its time in the timetable; what the person cannot do
// now (nothing to edit, no channel to join) is not done and not counted.

import { ask, noteFailure } from "./api-client.ts";
import type { Device } from "./device.ts";
import type { Job } from "./job.ts";
import { opOf } from "./message.ts";
import type { Standing } from "./position.ts";
import type { ActionName, PlaceKind, Profile } from "./profile.ts";
import type { Person, Town } from "./town.ts";

const pageMessages = 50;
const lookUsersMax = 8;
/** What a person who cannot get in would have done by now. */
const earlyMax = 1_000;

export class Acts {
  readonly #town: Town;
  readonly #job: Job;
  readonly #profile: Profile;
  readonly #kinds: readonly (readonly [PlaceKind, number])[];
  #sends = 0;

  constructor(town: Town, job: Job) {
    this.#town = town;
    this.#job = job;
    this.#profile = job.profile;
    this.#kinds = Object.entries(job.profile.where) as [PlaceKind, number][];
  }

  /** At that moment of this process's clock. */
  do(action: ActionName | "hot", person: Person, dueMs: number): void {
    const device = this.#deviceOf(person);
    if (!device) return;
    if (person.standings.size === 0 && device.state !== "live") {
      if (person.early.length < earlyMax) person.early.push(() => this.do(action, person, dueMs));
      return;
    }
    const isDone = this.#act(action, person, device, dueMs);
    if (isDone) this.#town.notes.did(action === "hot" ? "send" : action);
  }

  #act(action: ActionName | "hot", person: Person, device: Device, dueMs: number): boolean {
    switch (action) {
      case "send":
        return this.#send(device, this.#place(person), dueMs, false);
      case "reply":
        return this.#send(device, this.#place(person), dueMs, true);
      case "hot":
        return this.#send(device, this.#town.placesOf(person, "hot")[0], dueMs, false);
      case "switch":
        return this.#open(device, this.#place(person), dueMs);
      case "openDirect":
        return this.#open(device, this.#one(this.#town.placesOf(person, "direct")), dueMs);
      case "scroll":
        return this.#scroll(device, this.#place(person), dueMs);
      case "react":
        return this.#change("react", device, this.#place(person), dueMs);
      case "edit":
      case "delete":
        return this.#change(action, device, this.#place(person), dueMs);
      case "typing":
        return this.#type(device, this.#place(person));
      case "look":
        return this.#look(device, this.#place(person));
      case "userSearch":
        return this.#http(device, "userSearch", `/v1/users?q=${this.#word()}`, dueMs);
      case "search":
        return this.#http(device, "search", `/v1/search?q=${this.#word()}`, dueMs);
      case "join":
        return this.#join(person, device, dueMs);
      case "reload":
        device.leaves();
        device.comes(dueMs);
        return true;
      case "logIn":
        return this.#logIn(person, dueMs);
      case "thread":
      case "file":
        return false;
    }
  }

  #send(device: Device, standing: Standing | undefined, dueMs: number, isReply: boolean): boolean {
    if (!standing) return false;
    const bytes = this.#size();
    const seq = device.positions.get(standing.room)?.seq ?? 0;
    const replyTo = isReply ? Math.max(0, seq - Math.floor(this.#town.chance() * 5)) : 0;
    const op = opOf(this.#job.worker, ++this.#sends);
    device.send({ op, standing, dueMs, bytes, replyTo, tries: 0 });
    return true;
  }

  /** Looks at it, reads it, and asks for its newest page where this device has none. */
  #open(device: Device, standing: Standing | undefined, dueMs: number): boolean {
    const position = standing && device.positions.get(standing.room);
    if (!position || !this.#look(device, standing)) return false;
    device.read(standing, position.seq);
    const isKnown = position.isOpened && this.#town.chance() >= this.#profile.openAgainShare;
    position.isOpened = true;
    return isKnown || this.#page(device, standing, "open", "", dueMs);
  }

  #scroll(device: Device, standing: Standing | undefined, dueMs: number): boolean {
    const seq = standing ? (device.positions.get(standing.room)?.seq ?? 0) : 0;
    if (!standing || seq < 2) return false;
    const before = Math.max(2, seq - Math.floor(this.#town.chance() * Math.min(seq, 500)));
    return this.#page(device, standing, "page", `&before=${before}`, dueMs);
  }

  #page(device: Device, { room }: Standing, name: string, where: string, dueMs: number): boolean {
    const path = `/v1/conversations/${room.id}/messages?limit=${pageMessages}${where}`;
    return this.#http(device, name, path, dueMs);
  }

  #change(
    kind: "react" | "edit" | "delete",
    device: Device,
    standing: Standing | undefined,
    dueMs: number,
  ): boolean {
    const position = standing && device.positions.get(standing.room);
    const seq = kind === "react" ? (position?.seq ?? 0) : (standing?.ownSeq ?? 0);
    if (!standing || seq === 0) return false;
    if (kind === "delete") standing.ownSeq = 0;
    return device.change(kind, standing, seq, dueMs);
  }

  #type(device: Device, standing: Standing | undefined): boolean {
    if (!standing) return false;
    device.tell({ kind: "typing", conversation: standing.room.id });
    return true;
  }

  #look(device: Device, standing: Standing | undefined): boolean {
    if (!standing) return false;
    device.tell({ kind: "look", conversations: [standing.room.id], users: this.#someUsers() });
    return true;
  }

  #join(person: Person, device: Device, dueMs: number): boolean {
    const { joinable } = this.#job;
    const id = joinable[Math.floor(this.#town.chance() * joinable.length)];
    if (id === undefined) return false;
    const isMember = person.standings.has(this.#town.roomOf(id));
    if (!isMember) return this.#http(device, "join", `/v1/conversations/${id}/join`, dueMs, "POST");
    // Who leaves may join again; the last owner may not, and need not.
    return this.#http(device, "leave", `/v1/conversations/${id}/leave`, dueMs, "POST");
  }

  #logIn(person: Person, dueMs: number): boolean {
    if (person.password === null) return false;
    const { handle, password } = person;
    void this.#timed("logIn", dueMs, () =>
      ask(`${this.#job.api}/v1/sessions`, null, "POST", { handle, password }),
    );
    return true;
  }

  #http(device: Device, name: string, path: string, dueMs: number, method = "GET"): boolean {
    void this.#timed(name, dueMs, () => ask(this.#job.api + path, device.token, method));
    return true;
  }

  async #timed(name: string, dueMs: number, request: () => ReturnType<typeof ask>): Promise<void> {
    const { notes } = this.#town;
    const answer = await request();
    if (answer.ok) notes.latency(name, this.#town.now() - dueMs);
    else noteFailure(notes, name, answer);
  }

  /** Of those that are there; one that is coming back where none is, so that what a person does waits for it. */
  #deviceOf({ devices }: Person): Device | undefined {
    const live = devices.filter(({ isLive }) => isLive);
    return this.#one(live.length > 0 ? live : devices.filter(({ state }) => state !== "away"));
  }

  #place(person: Person): Standing | undefined {
    let chance = this.#town.chance() * this.#kinds.reduce((sum, [, share]) => sum + share, 0);
    for (const [kind, share] of this.#kinds) {
      chance -= share;
      if (chance > 0) continue;
      const places = this.#town.placesOf(person, kind);
      // Some places are dearer to a person than others.
      if (places.length > 0) return places[Math.floor(this.#town.chance() ** 2 * places.length)];
    }
    const all = [...person.standings.values()];
    return this.#one(all);
  }

  #size(): number {
    let chance = this.#town.chance();
    for (const [bytes, share] of this.#profile.sizes) {
      chance -= share;
      if (chance <= 0) return bytes;
    }
    return this.#profile.sizes[0]![0];
  }

  #someUsers(): string[] {
    const { userIds } = this.#job;
    const count = Math.min(lookUsersMax, userIds.length);
    return Array.from({ length: count }, () => this.#one(userIds)!);
  }

  #word(): string {
    return ["load", "plain", "people", "day", "again", "1", "7"][Math.floor(this.#town.chance() * 7)]!;
  }

  #one<T>(list: readonly T[]): T | undefined {
    return list[Math.floor(this.#town.chance() * list.length)];
  }
}
