// The list of conversations, and what is read for it in the background.

import { expect, test } from "bun:test";
import { maxima } from "#sdk/maxima.ts";
import { settled } from "./manual-clock.ts";
import { liveScene, scene } from "./scripted-client.ts";
import { changes, head, room, said, summary, welcome } from "./scripted-server.ts";

const other = "0190c5a8-0000-7000-8000-000000000c02";
const fields = ({ kind: _, ...rest }: ReturnType<typeof said>) => rest;

test("newest activity first, moved by what is said, with the author's name asked for once", async () => {
  const { server, client } = await scene();
  server.answers.set("GET /v1/conversations", () => ({
    conversations: [
      { ...summary(1, 0), createdAt: 5 },
      { ...summary(1, 0), conversation: other, title: "Other", createdAt: 6 },
    ],
  }));
  const ann = { member: 2, user: "u2", role: "member", active: true, handle: "ann", displayName: "Ann" };
  server.answers.set(`GET /v1/conversations/${room}/members`, () => ({ members: [ann] }));
  server.socket.open();
  server.socket.tell(welcome([head(1, 0), { ...head(1, 0), conversation: other }]));
  await settled();
  const titles = () => client.conversations.list.map(({ title }) => title);
  expect(titles()).toEqual(["Other", "Room"]);
  expect(client.conversations.complete).toBe(true);
  server.socket.tell(changes(said(2, 1)));
  await settled();
  expect(titles()).toEqual(["Room", "Other"]);
  await settled();
  expect(client.conversations.list[0]).toMatchObject({
    lastAuthorName: "Ann",
    unread: 1,
    lastMessage: { text: "m1" },
  });
  server.socket.tell(changes(said(3, 2)));
  await settled();
  expect(client.conversations.list[0]?.lastAuthorName).toBe("Ann");
  expect(server.requests.filter((request) => request.endsWith("/members")).length).toBe(1);
});

test("the newest message of a conversation that was never opened is edited and deleted in the list too", async () => {
  const { server, client, view } = await scene();
  view.close();
  server.answers.set("GET /v1/conversations", () => ({
    conversations: [{ ...summary(2, 1), lastMessage: fields(said(2, 1, "a secret")) }],
  }));
  server.socket.open();
  server.socket.tell(welcome([head(2, 1)]));
  await settled();
  const shown = () => client.conversations.list[0]?.lastMessage;
  expect(shown()?.text).toBe("a secret");
  server.socket.tell(changes(said(3, 1, "a secret, spelt well", { editedAt: 3 })));
  await settled();
  expect(shown()?.text).toBe("a secret, spelt well");
  server.socket.tell(changes(said(4, 1, "", { deletedAt: 4 })));
  await settled();
  expect(shown()).toMatchObject({ text: "", deletedAt: 4 });
});

test("a title that arrived live is not undone by a summary read before it", async () => {
  const { server, client } = await liveScene();
  server.socket.tell(changes({ kind: "conversation", rev: 2, title: "New" }));
  server.socket.tell({ kind: "joined", head: head(2, 0) });
  await settled();
  expect(client.conversations.item(room)?.title).toBe("New");
});

test("a conversation that only a pong tells of is read", async () => {
  const { server, client } = await scene();
  server.socket.open();
  server.socket.tell(welcome([]));
  server.answers.set(`GET /v1/conversations/${other}`, () => ({
    ...summary(4, 2),
    conversation: other,
    title: "Joined unheard",
    cursors: [],
  }));
  server.socket.tell({ kind: "pong", heads: [{ conversation: other, rev: 4 }] });
  await settled();
  expect(client.conversations.item(other as never)).toMatchObject({ title: "Joined unheard", unread: 2 });
});

test("what could not be read is read again after backoff", async () => {
  const { server, clock, client } = await scene();
  const answer = server.answers.get("GET /v1/conversations")!;
  server.answers.delete("GET /v1/conversations");
  server.answers.delete(`GET /v1/conversations/${room}`);
  server.greet();
  await settled();
  expect(client.conversations.complete).toBe(false);
  server.answers.set("GET /v1/conversations", answer);
  await clock.pass(maxima.retryBaseMs);
  expect(client.conversations.list).toMatchObject([{ title: "Room" }]);
  expect(client.conversations.complete).toBe(true);
});

test("what is held of a quiet conversation stays bounded", async () => {
  const { server, client, view } = await liveScene();
  view.close();
  for (let seq = 1; seq <= 4 * maxima.quietMessagesMax; seq++)
    server.socket.tell(changes(said(seq + 1, seq)));
  await settled();
  const again = client.conversation(room);
  expect(again.messages.length).toBe(maxima.quietMessagesMax);
  expect(again.messages.at(-1)?.seq).toBe((4 * maxima.quietMessagesMax) as never);
  expect(again.hasBefore).toBe(true);
});
