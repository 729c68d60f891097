// The drill's people and their conversations: a few small groups, many pairs, and one hall where everybody is, so
// that a message crosses gateways in every way.

import type { ConversationId, UserId } from "#base/ids.ts";
import type { Result } from "#base/result.ts";
import { createClient } from "#sdk/client.ts";
import type { Refusal } from "#sdk/refusals.ts";
import type { Client } from "#sdk/types.ts";

export interface Person {
  readonly no: number;
  readonly client: Client;
  readonly token: string;
  readonly user: UserId;
  /** Where this person talks most of the time. */
  home: ConversationId;
}

export interface Place {
  readonly conversation: ConversationId;
  readonly members: readonly Person[];
}

export interface People {
  readonly persons: readonly Person[];
  readonly hall: ConversationId;
  readonly places: readonly Place[];
}

const groupSize = 4;

export async function makePeople(url: string, count: number): Promise<People> {
  const persons: Person[] = [];
  while (persons.length < count) {
    const numbers = Array.from({ length: Math.min(8, count - persons.length) }, (_, i) => persons.length + i);
    persons.push(...(await Promise.all(numbers.map((no) => signUp(url, no)))));
  }
  const places: Place[] = [];
  const inGroups = Math.floor(count / 2 / groupSize) * groupSize;
  for (let from = 0; from < inGroups; from += groupSize)
    places.push(await together(persons.slice(from, from + groupSize), "group"));
  for (let from = inGroups; from + 1 < count; from += 2)
    places.push(await together(persons.slice(from, from + 2), "direct"));
  for (const { conversation, members } of places) for (const member of members) member.home = conversation;
  const hall = await together(persons, "group");
  for (const person of persons) person.home ||= hall.conversation;
  return { persons, hall: hall.conversation, places: [...places, hall] };
}

async function signUp(url: string, no: number): Promise<Person> {
  const client = createClient({ url, auth: "token" });
  const password = `person ${no} likes long words`;
  const { account, token } = good(await client.account.signUp({ handle: `person${no}`, password }));
  return { no, client, token: token!, user: account.user, home: "" as ConversationId };
}

async function together(members: readonly Person[], kind: "group" | "direct"): Promise<Place> {
  const [first, ...others] = members;
  const users = others.map(({ user }) => user);
  const title = kind === "group" ? { title: `Of ${members.length}` } : {};
  const conversation = good(await first!.client.conversations.create({ kind, ...title, users }));
  return { conversation, members };
}

function good<T>(result: Result<T, Refusal>): T {
  if (result.ok) return result.value;
  throw new Error(`the drill's people could not be made: ${result.refusal.code}, ${result.refusal.message}`);
}
