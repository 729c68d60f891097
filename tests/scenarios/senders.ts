// Two hundred people who send without pause, each one message at a time through the client library, and who keep
// what was acknowledged. At the end the server's own history is read and compared.

import type { ConversationId, MessageName } from "#base/ids.ts";
import { createClient } from "#sdk/client.ts";
import type { Receipt } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";

export interface Acknowledged {
  readonly conversation: ConversationId;
  readonly name: MessageName;
  readonly text: string;
  readonly receipt: Receipt;
}

export interface Crowd {
  readonly acknowledged: readonly Acknowledged[];
  /** Fulfils when `count` senders had a message acknowledged that they sent after this call. */
  sendersServed(count: number): Promise<void>;
  /** Fulfils with the first acknowledgement after everybody has chatted for this long. */
  chatted(forMs: number): Promise<void>;
  /** Stops sending, waits until everything given is answered, and ends the clients. */
  finish(): Promise<void>;
}

export interface Place {
  readonly token: string;
  readonly conversation: ConversationId;
}

/** Accounts and a direct conversation for each pair, over the HTTP API. */
export async function makePairs(url: string, pairs: number): Promise<readonly Place[]> {
  const places: Place[] = [];
  for (let i = 0; i < pairs; i++) {
    const [one, other] = await Promise.all([signUp(url, `pair${i}a`), signUp(url, `pair${i}b`)]);
    const wish = { kind: "direct", users: [other.user] };
    const { conversation } = await post(url, "/v1/conversations", wish, one.token);
    places.push({ token: one.token, conversation }, { token: other.token, conversation });
  }
  return places;
}

async function signUp(url: string, handle: string): Promise<{ token: string; user: string }> {
  const { token, account } = await post(url, "/v1/accounts", {
    handle,
    password: `${handle} likes long words`,
  });
  return { token, user: account.user };
}

async function post(url: string, path: string, body: unknown, token?: string): Promise<any> {
  const headers = {
    "content-type": "application/json",
    ...(token ? { authorization: `Bearer ${token}` } : {}),
  };
  const answer = await fetch(url + path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}`);
  return answer.json();
}

export async function startCrowd(url: string, places: readonly Place[]): Promise<Crowd> {
  const acknowledged: Acknowledged[] = [];
  /** Each hears of every acknowledgement: whose, and when that message was sent. */
  const hearing = new Set<(sender: number, sentAt: number) => void>();
  let isSending = true;
  let texts = 0;
  const clients = places.map(({ token }) => createClient({ url, token, auth: "token" }));

  async function sendOn(client: Client, sender: number, conversation: ConversationId): Promise<void> {
    const view = client.conversation(conversation);
    while (isSending) {
      const text = `text ${++texts}`;
      const sentAt = performance.now();
      const named = await view.send(text);
      if (!named.ok) throw new Error(`a send was refused: ${named.refusal.code}`);
      const receipt = await view.sent(named.value);
      if (!receipt.ok) throw new Error(`a message failed: ${receipt.refusal.code}`);
      acknowledged.push({ conversation, name: named.value, text, receipt: receipt.value });
      for (const hear of hearing) hear(sender, sentAt);
    }
  }

  await Promise.all(clients.map((client) => client.start()));
  const sending = Promise.all(clients.map((client, i) => sendOn(client, i, places[i]!.conversation)));
  /** Listens until `isDone`; a sender that fails ends the wait. */
  function until(isDone: (sender: number, sentAt: number) => boolean): Promise<void> {
    const heard = new Promise<void>((done) => {
      const hear = (sender: number, sentAt: number) => {
        if (!isDone(sender, sentAt)) return;
        hearing.delete(hear);
        done();
      };
      hearing.add(hear);
    });
    return Promise.race([heard, sending.then(() => {})]);
  }
  return {
    acknowledged,
    chatted(forMs) {
      const since = performance.now();
      return until(() => performance.now() - since >= forMs);
    },
    sendersServed(count) {
      const since = performance.now();
      const served = new Set<number>();
      return until((sender, sentAt) => sentAt > since && served.add(sender).size >= count);
    },
    async finish() {
      isSending = false;
      await sending;
      await Promise.all(clients.map((client) => client.stop()));
    },
  };
}

export interface Audit {
  readonly lost: number;
  readonly doubled: number;
  readonly gaps: number;
  readonly stored: number;
}

/** Reads every conversation whole and compares it with what was acknowledged. */
export async function audit(url: string, places: readonly Place[], crowd: Crowd): Promise<Audit> {
  const result = { lost: 0, doubled: 0, gaps: 0, stored: 0 };
  const byConversation = Map.groupBy(crowd.acknowledged, (sent) => sent.conversation);
  for (const { token, conversation } of places.filter((_, i) => i % 2 === 0)) {
    const messages = await readAll(url, token, conversation);
    const texts = new Map<string, number>();
    for (const { text } of messages) texts.set(text, (texts.get(text) ?? 0) + 1);
    result.stored += messages.length;
    result.doubled += [...texts.values()].filter((count) => count > 1).length;
    result.gaps += messages.filter((message, i) => message.seq !== i + 1).length;
    for (const sent of byConversation.get(conversation) ?? []) {
      if (messages[sent.receipt.seq - 1]?.text !== sent.text) result.lost++;
    }
  }
  return result;
}

async function readAll(
  url: string,
  token: string,
  conversation: string,
): Promise<{ seq: number; text: string }[]> {
  const messages: { seq: number; text: string }[] = [];
  for (let hasAfter = true; hasAfter; ) {
    const after = messages.at(-1)?.seq ?? 0;
    const path = `/v1/conversations/${conversation}/messages?after=${after}&limit=200`;
    const answer = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    if (!answer.ok) throw new Error(`history answered ${answer.status}`);
    const page = (await answer.json()) as { messages: { seq: number; text: string }[]; hasAfter: boolean };
    messages.push(...page.messages);
    hasAfter = page.hasAfter;
  }
  return messages;
}
