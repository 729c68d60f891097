// Somebody who uses the API: signs up, and asks with their token.

import { expect } from "bun:test";
import type { ConversationId, UserId } from "#base/ids.ts";
import { type ApiTestServer, messageName } from "./api-server.ts";

export interface Answer {
  readonly status: number;
  readonly body: any;
  readonly headers: Headers;
}

export const goodPassword = "correct battery 17";

export async function ask(
  server: ApiTestServer,
  method: string,
  path: string,
  given: { body?: unknown; token?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const headers: Record<string, string> = { ...given.headers };
  if (given.body !== undefined) headers["content-type"] ??= "application/json";
  if (given.token !== undefined) headers.authorization = `Bearer ${given.token}`;
  const body = given.body === undefined ? undefined : JSON.stringify(given.body);
  const response = await fetch(server.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? null : JSON.parse(text), headers: response.headers };
}

export class Person {
  #sent = 0;

  constructor(
    readonly server: ApiTestServer,
    readonly user: UserId,
    readonly handle: string,
    readonly session: string,
    readonly token: string,
  ) {}

  static async signUp(server: ApiTestServer, handle: string): Promise<Person> {
    const answer = await ask(server, "POST", "/v1/accounts", { body: { handle, password: goodPassword } });
    return Person.of(server, handle, answer);
  }

  /** The same person on one more device. */
  async logIn(device = "another"): Promise<Person> {
    const body = { handle: this.handle, password: goodPassword, device };
    return Person.of(this.server, this.handle, await ask(this.server, "POST", "/v1/sessions", { body }));
  }

  static of(server: ApiTestServer, handle: string, { status, body }: Answer): Person {
    expect(status).toBe(201);
    return new Person(server, body.account.user, handle, body.session.session, body.token);
  }

  ask(method: string, path: string, body?: unknown): Promise<Answer> {
    return ask(this.server, method, path, { token: this.token, ...(body === undefined ? {} : { body }) });
  }

  /** The body of an answer that must be good. */
  async get(path: string): Promise<any> {
    const answer = await this.ask("GET", path);
    expect(answer.status).toBe(200);
    return answer.body;
  }

  async create(
    kind: "direct" | "group" | "channel",
    users: readonly Person[],
    title?: string,
  ): Promise<string> {
    const answer = await this.ask("POST", "/v1/conversations", {
      kind,
      users: users.map((person) => person.user),
      ...(title === undefined ? {} : { title }),
    });
    expect(answer.status).toBe(201);
    return answer.body.conversation;
  }

  async send(conversation: string, text: string): Promise<number> {
    const name = messageName(++this.#sent);
    const sent = await this.server.messaging.send({
      user: this.user,
      conversation: conversation as ConversationId,
      name,
      text,
      again: false,
    });
    if (!sent.ok) throw new Error(`not sent: ${sent.refusal.reason}`);
    return sent.value.seq;
  }
}
