// Other people and the channels that one may join. People asked for by id in one moment are read together.

import type { UserId } from "#base/ids.ts";
import { ok } from "#base/result.ts";
import type { Channel, Directory, Person } from "./account-types.ts";
import type { Api } from "./api.ts";
import { maxima } from "./maxima.ts";
import type { Answer } from "./refusals.ts";

const askedAtOnceMax = 200;

export class PeopleDirectory implements Directory {
  #people = new Map<UserId, Person>();
  #asked: { users: Set<UserId>; answer: Answer<void> } | null = null;

  constructor(readonly api: Api) {}

  async search(words: string, limit = 20): Answer<readonly Person[]> {
    const found = await this.api.search(words, limit);
    if (!found.ok) return found;
    this.#keep(found.value.users);
    return ok(found.value.users);
  }

  async people(users: readonly UserId[]): Answer<readonly Person[]> {
    const unknown = users.filter((user) => !this.#people.has(user));
    for (let at = 0; at < unknown.length; at += askedAtOnceMax) {
      const read = await this.#ask(unknown.slice(at, at + askedAtOnceMax));
      if (!read.ok) return read;
    }
    return ok(users.flatMap((user) => this.#people.get(user) ?? []));
  }

  cached(user: UserId): Person | undefined {
    return this.#people.get(user);
  }

  async channels(words = "", limit = 50): Answer<readonly Channel[]> {
    const found = await this.api.channels(words, limit);
    return found.ok ? ok(found.value.channels) : found;
  }

  clear(): void {
    this.#people.clear();
  }

  #ask(users: readonly UserId[]): Answer<void> {
    if (this.#asked && this.#asked.users.size + users.length <= askedAtOnceMax) {
      for (const user of users) this.#asked.users.add(user);
      return this.#asked.answer;
    }
    const together = new Set(users);
    const answer = Promise.resolve().then(async () => {
      if (this.#asked?.users === together) this.#asked = null;
      const read = await this.api.people([...together]);
      if (!read.ok) return read;
      this.#keep(read.value.users);
      return ok(undefined);
    });
    this.#asked = { users: together, answer };
    return answer;
  }

  #keep(people: readonly Person[]): void {
    for (const person of people) {
      this.#people.delete(person.user);
      this.#people.set(person.user, person);
      if (this.#people.size > maxima.peopleMax) this.#people.delete(this.#people.keys().next().value!);
    }
  }
}
