// Two people with a bit of everything behind them: an edited, a deleted and a replied-to message, reactions, a channel
// with somebody who left, read cursors. What they see over the API, with the tokens of the first day, must not
// change by a move.

import type { ConversationId, Seq, UserId } from "#base/ids.ts";
import { createClient } from "#sdk/client.ts";
import type { Answer } from "#sdk/refusals.ts";
import type { Client } from "#sdk/types.ts";
import { until } from "#tests/parts/until.ts";

export interface Witness {
  /** Everything, as plain JSON; over this process, where several serve the same people. */
  sees(over?: string): Promise<unknown>;
  /** More of the same. */
  goOn(): Promise<void>;
}

interface Person {
  readonly user: UserId;
  readonly token: string;
}

export async function makeWitness(url: string): Promise<Witness> {
  const [one, other] = [await signUp(url, "witness1"), await signUp(url, "witness2")];
  const direct = await create(url, one, { kind: "direct", users: [other.user] });
  const channel = await create(url, one, { kind: "channel", title: "The tree", users: [other.user] });
  const goOn = async () => {
    await withClient(url, one, (client) => writeOn(client, direct));
    await withClient(url, other, async (client) => {
      await answerOn(client, direct, channel);
      await until("the read cursor has arrived", async () => {
        const { conversations } = await get(url, "/v1/conversations", other);
        const found = conversations.find((it: any) => it.conversation === direct);
        return found?.me.readSeq === found?.lastSeq;
      });
    });
  };
  await goOn();
  return {
    goOn,
    sees: (over = url) => Promise.all([one, other].map((person) => sightOf(over, person))),
  };
}

async function writeOn(client: Client, conversation: ConversationId): Promise<void> {
  const view = client.conversation(conversation);
  const first = await sendOn(client, conversation, "a first one");
  await good(view.edit(first, "a first one, mended"));
  const second = await sendOn(client, conversation, "a second one");
  await good(view.remove(second));
  await good(view.react(first, "🌳", true));
}

async function answerOn(client: Client, direct: ConversationId, channel: ConversationId): Promise<void> {
  const view = client.conversation(direct);
  await good(view.openAtHead());
  const seq = await sendOn(client, direct, `an answer ${"long ".repeat(600)}`);
  await good(view.react(seq, "👍", true));
  await good(view.react(seq, "👍", false));
  view.markRead(seq);
  await client.conversations.leave(channel);
}

async function sendOn(client: Client, conversation: ConversationId, text: string): Promise<Seq> {
  const view = client.conversation(conversation);
  return (await good(view.sent(await good(view.send(text))))).seq;
}

async function good<T>(answer: Answer<T>): Promise<T> {
  const result = await answer;
  if (!result.ok) throw new Error(`refused: ${result.refusal.code}`);
  return result.value;
}

async function withClient(
  url: string,
  { token }: Person,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  const client = createClient({ url, token, auth: "token" });
  await client.start();
  try {
    await work(client);
  } finally {
    await client.stop();
  }
}

async function sightOf(url: string, person: Person): Promise<unknown> {
  const { account } = await get(url, "/v1/me", person);
  const list = await get(url, "/v1/conversations", person);
  const contents = [];
  for (const { conversation } of list.conversations) {
    contents.push(await get(url, `/v1/conversations/${conversation}/messages?after=0&limit=200`, person));
    contents.push(await get(url, `/v1/conversations/${conversation}/members`, person));
  }
  const { channels } = await get(url, "/v1/channels", person);
  return { account, list, contents, channels };
}

async function signUp(url: string, handle: string): Promise<Person> {
  const body = { handle, password: `${handle} likes long words` };
  const { token, account } = await ask(url, "POST", "/v1/accounts", body);
  return { token, user: account.user };
}

async function create(url: string, person: Person, wish: unknown): Promise<ConversationId> {
  return (await ask(url, "POST", "/v1/conversations", wish, person.token)).conversation;
}

function get(url: string, path: string, { token }: Person): Promise<any> {
  return ask(url, "GET", path, undefined, token);
}

async function ask(url: string, method: string, path: string, body?: unknown, token?: string): Promise<any> {
  const headers = {
    "content-type": "application/json",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const answer = await fetch(url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
