// Connecting, hello and welcome, and how a connection ends, against a real server.

import { afterAll, beforeAll, expect, test } from "bun:test";
import { limits } from "#protocol/limits.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { startWithinMs } from "#tests/topology.ts";
import { converse, http, logIn, type SignedUp, signUp, socketUrl, WireClient } from "./wire-client.ts";

let server: TestServer;
let ada: SignedUp;
let bob: SignedUp;

beforeAll(async () => {
  server = await startServer();
  ada = await signUp(server.url, "ada");
  bob = await signUp(server.url, "bob");
}, startWithinMs);
afterAll(() => server.stop(), startWithinMs);

function upgrade(headers: Record<string, string>): Promise<Response> {
  return fetch(`${server.url}/v1/socket`, { headers });
}

const handshake = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

test("[W1] the server chooses among the subprotocols offered, and refuses an upgrade without one that it knows", async () => {
  const both = new WebSocket(socketUrl(server.url), ["banyan.v1.json", "banyan.v1.msgpack"]);
  await new Promise((opened) => {
    both.onopen = opened;
  });
  expect(both.protocol).toBe("banyan.v1.msgpack");
  both.close();
  expect((await upgrade(handshake)).status).toBe(400);
  expect((await upgrade({ ...handshake, "sec-websocket-protocol": "chat, banyan.v9.json" })).status).toBe(
    400,
  );
});

test("[W4] a cookie counts with the server's own origin only", async () => {
  const cookie = `banyan_session=${ada.token}`;
  const own = await WireClient.open(server.url, "banyan.v1.json", { cookie, origin: server.url });
  own.send({ kind: "hello", version: 1 });
  expect((await own.next("welcome")).user).toBe(ada.user);
  own.close();
  for (const headers of [
    { cookie, origin: "https://evil.example" },
    { cookie, origin: "null" },
    { cookie },
  ]) {
    const client = await WireClient.open(server.url, "banyan.v1.json", headers as Record<string, string>);
    client.send({ kind: "hello", version: 1 });
    expect((await client.next("refused")).code).toBe("not_authenticated");
    expect((await client.closed()).code).toBe(4001);
  }
});

test("[W5] before hello every command is out of order, and so is a second hello", async () => {
  const client = await WireClient.open(server.url);
  client.send({ kind: "ping" });
  expect((await client.next("refused")).code).toBe("out_of_order");
  client.send({ kind: "hello", version: 1, token: ada.token });
  await client.next("welcome");
  const from = client.frames.length;
  client.send({ kind: "hello", version: 1, token: ada.token });
  expect((await client.next("refused", () => true, from)).code).toBe("out_of_order");
  await client.pong();
  client.close();
});

test(
  "[W5] a connection without hello is closed",
  async () => {
    const client = await WireClient.open(server.url);
    expect((await client.closed(limits.helloWithinMs + 3_000)).code).toBe(4003);
  },
  limits.helloWithinMs + 5_000,
);

test("[W6] welcome says who the session is and where each conversation stands", async () => {
  const id = await converse(server.url, ada, "direct", [bob]);
  const first = await WireClient.join(server.url, ada.token);
  await first.ack({ kind: "send", conversation: id, name: "AAAAAAAAAAE", text: "one" });
  for (const subprotocol of ["banyan.v1.json", "banyan.v1.msgpack"] as const) {
    const client = await WireClient.join(server.url, bob.token, subprotocol);
    const { welcome } = client;
    expect(welcome).toMatchObject({ version: 1, user: bob.user, session: bob.session, complete: true });
    expect(welcome.heartbeatMs).toBe(limits.heartbeatMs);
    const head = welcome.heads.find(({ conversation }) => conversation === id)!;
    expect(head).toMatchObject({ lastSeq: 1, readSeq: 0 });
    expect([1, 2]).toContain(head.member);
    client.close();
  }
  first.close();
});

test(
  "[W6] with more conversations than fit, welcome says so, and changes of all of them are told",
  async () => {
    const large = await startServer({
      args: ["--requests-per-minute", "100000", "--commands-burst", "5000"],
    });
    const cleo = await signUp(large.url, "cleo");
    const ids: string[] = [];
    while (ids.length <= limits.welcomeHeadsMax) {
      ids.push(
        ...(await Promise.all(Array.from({ length: 50 }, () => converse(large.url, cleo, "group", [])))),
      );
    }
    const client = await WireClient.join(large.url, cleo.token);
    expect(client.welcome.complete).toBe(false);
    expect(client.welcome.heads.length).toBe(limits.welcomeHeadsMax);
    const told = new Set(client.welcome.heads.map(({ conversation }) => conversation));
    const untold = ids.find((id) => !told.has(id))!;
    const other = await WireClient.join(large.url, cleo.token);
    await other.ack({ kind: "send", conversation: untold, name: "AAAAAAAAAAE", text: "here as well" });
    await client.next("changes", ({ conversation }) => conversation === untold);
    for (const it of [client, other]) it.close();
    await large.stop();
  },
  2 * startWithinMs,
);

test("[W7] joined and left come at the moment when the membership changes", async () => {
  const client = await WireClient.join(server.url, bob.token);
  const id = await converse(server.url, ada, "group", []);
  await http(server.url, "POST", `/v1/conversations/${id}/members`, ada.token, { users: [bob.user] });
  const joined = await client.next("joined", ({ head }) => head.conversation === id);
  expect(joined.head.member).toBe(2);
  await http(server.url, "DELETE", `/v1/conversations/${id}/members/${bob.user}`, ada.token);
  await client.next("left", ({ conversation }) => conversation === id);
  expect(await client.refusal({ kind: "since", conversation: id, rev: 0, seq: 0 })).toBe(
    "unknown_conversation",
  );
  client.close();
});

test("[W8] wrong tokens, unknown versions and revoked sessions end the connection, each with its code", async () => {
  const wrong = [
    undefined,
    "",
    "bt1_",
    "x".repeat(90),
    `${ada.token.slice(0, -2)}AA`,
    ada.token.replace("bt1_", "bt2_"),
  ];
  for (const token of wrong) {
    const client = await WireClient.open(server.url);
    client.send({ kind: "hello", version: 1, ...(token === undefined ? {} : { token }) });
    expect((await client.next("refused")).code).toBe("not_authenticated");
    expect((await client.closed()).code).toBe(4001);
  }
  const old = await WireClient.open(server.url);
  old.send({ kind: "hello", version: 99, token: ada.token });
  expect((await old.next("refused")).code).toBe("unsupported_version");
  expect((await old.closed()).code).toBe(4002);

  const again = await logIn(server.url, "ada");
  const live = await WireClient.join(server.url, again.token);
  await http(server.url, "DELETE", `/v1/sessions/${again.session}`, ada.token);
  expect((await live.next("refused")).code).toBe("not_authenticated");
  expect((await live.closed()).code).toBe(4001);
});

test("[W34] an unknown kind is a bad frame and no more; unknown fields are no matter", async () => {
  const client = await WireClient.open(server.url, "banyan.v1.json");
  client.sendRaw(JSON.stringify({ kind: "hello", version: 1, token: ada.token, mood: "good" }));
  await client.next("welcome");
  client.sendRaw('{"kind":"shout","id":1}');
  expect((await client.next("refused")).code).toBe("bad_frame");
  await client.pong();
  client.close();
  expect((await http(server.url, "GET", "/v1/server")).body.protocolVersions).toEqual([1]);
});

test(
  "[W33] a stopping server says when to come back, then closes with 4004",
  async () => {
    const other = await startServer({ args: ["--drain-ms", "300"] });
    const cleo = await signUp(other.url, "cleo");
    const client = await WireClient.join(other.url, cleo.token);
    const stopped = other.stop();
    expect((await client.next("drain")).reconnectAfterMs).toBeLessThanOrEqual(300);
    expect((await client.closed()).code).toBe(4004);
    expect(await stopped).toBe(0);
  },
  startWithinMs,
);
