// HAProxy in front of real Banyan processes: who gets a session, who does not, what is cut and what lives on, and
// whose address counts. The processes' answers to the agent check are the test's to decide.

import { afterAll, beforeAll, beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { type ClientHttp2Session, connect as connectHttp2, type IncomingHttpHeaders } from "node:http2";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentCheck, type AgentState, startAgentCheck } from "#app/agent-check.ts";
import type { HaproxySpec } from "#ops/cluster/haproxy-spec.ts";
import { signUp, WireClient } from "#tests/conformance/wire-client.ts";
import { checkConfig, freePort, type HaproxyPart, startHaproxy } from "#tests/parts/haproxy.ts";
import { until } from "#tests/parts/until.ts";
import { runBanyan } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";
import { makeCertificate } from "./certificate.ts";
import { ProxiedHttp, proxyHeader } from "./proxied-http.ts";

setDefaultTimeout(30_000);

const requestsPerMinute = 100;
const up: AgentState = { ready: true, draining: false, weightPercent: 100 };
const states: [AgentState, AgentState] = [up, up];
const opened: WireClient[] = [];
let servers: TestServer[] = [];
let agents: AgentCheck[] = [];
let haproxy: HaproxyPart;
let folder: string;
let spec: HaproxySpec;
let url: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "banyan-balancing-"));
  const args = ["--trusted-proxies", "127.0.0.1", "--requests-per-minute", String(requestsPerMinute)];
  servers = await Promise.all([startServer({ args }), startServer({ args })]);
  agents = [0, 1].map((i) => startAgentCheck({ host: "127.0.0.1", port: 0, state: () => states[i]! }));
  const processes = servers.map(({ port }, i) => ({
    name: `p${i}`,
    host: "127.0.0.1",
    port,
    agentPort: agents[i]!.port,
  }));
  spec = {
    listen: { host: "127.0.0.1", port: await freePort() },
    outer: { host: "127.0.0.1", port: await freePort(), endsTls: true },
    gateways: processes,
    api: processes,
    limits: { checkEveryMs: 100, checkWithinMs: 700, agentEveryMs: 50, slowStartMs: 4_000, queueMs: 500 },
  };
  haproxy = await startHaproxy(spec);
  url = `http://127.0.0.1:${spec.listen.port}`;
}, 60_000);

beforeEach(async () => {
  states.fill(up);
  for (const client of opened.splice(0)) client.close();
  for (const i of [0, 1])
    await until(`p${i} is up, at its full share, and empty`, async () => {
      const { status, weight, sessions } = await gateway(i);
      return status === "UP" && weight === 100 && sessions === 0;
    });
});

afterAll(async () => {
  for (const client of opened) client.close();
  await haproxy?.stop();
  for (const agent of agents) agent.stop();
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const gateway = (i: number) => haproxy.server("gateways", `p${i}`);

async function connect(count: number): Promise<WireClient[]> {
  const clients: WireClient[] = [];
  for (let i = 0; i < count; i++) clients.push(await WireClient.open(url));
  opened.push(...clients);
  return clients;
}

async function sessions(): Promise<[number, number]> {
  return [(await gateway(0)).sessions, (await gateway(1)).sessions];
}

/** One request on an HTTP/2 connection; a CONNECT is answered without an end. */
function asked(
  session: ClientHttp2Session,
  method: string,
  path: string,
  body?: string,
  headers: Record<string, string> = {},
): Promise<{ headers: IncomingHttpHeaders & { ":status"?: number }; body: string }> {
  const type = body === undefined ? {} : { "content-type": "application/json" };
  const stream = session.request({ ":method": method, ":path": path, ...type, ...headers });
  return new Promise((answered, failed) => {
    let text = "";
    let got: IncomingHttpHeaders = {};
    stream.on("response", (heads) => {
      got = heads;
      if (method === "CONNECT") answered({ headers: got, body: "" });
    });
    stream.on("data", (bytes) => {
      text += bytes;
    });
    stream.on("end", () => answered({ headers: got, body: text }));
    stream.on("error", failed);
    if (method !== "CONNECT") stream.end(body);
  });
}

/** The kind of the frame that answers `hello`. */
function welcomedOver(address: string, headers: Record<string, string>): Promise<string> {
  const options = { protocols: ["banyan.v1.json"], headers, tls: { rejectUnauthorized: false } };
  const socket = new WebSocket(address, options as never);
  return new Promise((answered, failed) => {
    socket.onopen = () => socket.send(JSON.stringify({ kind: "hello", version: 1 }));
    socket.onmessage = ({ data }) => {
      answered((JSON.parse(String(data)) as { kind: string }).kind);
      socket.close();
    };
    socket.onerror = () => failed(new Error("no WebSocket"));
  });
}

/** The state of a server as HAProxy sees it. */
function becomes(i: number, status: string): Promise<unknown> {
  return until(`p${i} is ${status}`, async () => (await gateway(i)).status.startsWith(status));
}

test("HAProxy finds every form of the configuration right; what is no address never reaches it", async () => {
  const certificate = await makeCertificate(folder);
  const one = ["--gateway", "g1=127.0.0.1:7001/7101", "--api", "a1=127.0.0.1:7002/7102"];
  const forms = [
    ["--listen", "127.0.0.1:8080"],
    ["--listen", "[::1]:8443", "--certificate", certificate, "--redirect-from", "[::1]:8080"],
    ["--listen", "127.0.0.1:8080", "--outer", "127.0.0.1:8081", "--outer-certificate", certificate],
    ["--listen", "127.0.0.1:8080", "--outer", "127.0.0.1:8081", "--outer-ends-tls"],
    ["--gateway", "g2=127.0.0.1:7003/7103", "--stats-socket", join(folder, "stats")],
    ["--metrics", "127.0.0.1:9101", "--resolver", "127.0.0.11:53", "--api", "a2=nowhere.invalid:7004/7104"],
    ["--postgres", "pg1=127.0.0.1:5432/8008", "--postgres", "pg2=127.0.0.1:5433/8009"],
  ];
  for (const form of forms) {
    const { code, out, err } = await runBanyan(["balancer-config", ...one, ...form]);
    expect([code, err]).toEqual([0, ""]);
    expect(await checkConfig(out)).toMatchObject({ ok: true });
  }
  expect(await checkConfig("frontend broken\n  bind nowhere\n")).toMatchObject({ ok: false });
  for (const [form, says] of [
    [["--gateway", "g 1=127.0.0.1:7001/7101"], "cannot be a server's name"],
    [["--gateway", "g1=127.0.0.1:7005/7105"], "twice"],
    [["--listen", "127.0.0.1:0"], "impossible port"],
    [["--listen", "somewhere"], "not understood"],
    [["--certificate", "a\nb"], "no plain path"],
  ] as const) {
    const { code, err } = await runBanyan(["balancer-config", ...one, ...form]);
    expect([code, err.includes(says) ? says : err]).toEqual([1, says]);
  }
});

test("least connections: sessions even out, also after one side has lost some", async () => {
  const first = await connect(20);
  expect(await sessions()).toEqual([10, 10]);
  for (const i of [0, 1, 2, 3, 4, 5, 6, 7]) first[i]!.close();
  const before = await until("eight are gone", async () => {
    const now = await sessions();
    return now[0] + now[1] === 12 && now;
  });
  await connect(8);
  expect(await sessions()).toEqual([10, 10]);
  expect(before).not.toEqual([10, 10]);
});

test("a process that drains gets nothing new, and what lives on it lives on", async () => {
  states[1] = { ...up, draining: true };
  await becomes(1, "DRAIN");
  const { token } = await signUp(servers[0]!.url, "stays");
  const staying = await WireClient.join(url, token);
  opened.push(staying);
  states[1] = up;
  await becomes(1, "UP");
  states[0] = { ...up, ready: false };
  await becomes(0, "DRAIN");
  await connect(6);
  expect(await sessions()).toEqual([1, 6]);
  for (let i = 0; i < 3; i++) await staying.pong();
  expect(staying.isClosed).toBe(false);
  states[0] = up;
  await becomes(0, "UP");
  await connect(5);
  expect(await sessions()).toEqual([6, 6]);
});

test("half the share gets half the sessions", async () => {
  states[1] = { ...up, weightPercent: 50 };
  await until("the share is known", async () => (await gateway(1)).weight === 50);
  await connect(30);
  const [full, half] = await sessions();
  expect(full + half).toBe(30);
  expect(Math.abs(half - 10)).toBeLessThanOrEqual(1);
});

test("a process that hangs is cut off: its people go elsewhere at once, and it comes back slowly", async () => {
  const clients = await connect(20);
  process.kill(servers[1]!.pid, "SIGSTOP");
  try {
    const stoppedAt = performance.now();
    await becomes(1, "DOWN");
    await until("its sessions have ended", () => clients.filter((client) => client.isClosed).length === 10);
    expect(performance.now() - stoppedAt).toBeLessThan(5_000);
    await connect(10);
    expect(await sessions()).toEqual([20, 0]);
  } finally {
    process.kill(servers[1]!.pid, "SIGCONT");
  }
  await becomes(1, "UP");
  const { weight } = await gateway(1);
  expect(weight).toBeLessThan(60);
  // At equal shares all of these would be its own, because it has none.
  await connect(10);
  const early = await sessions();
  expect(early[1]).toBeLessThan(10);
  await until("its full share", async () => (await gateway(1)).weight === 100);
  await connect(early[0] - early[1]);
  expect(await sessions()).toEqual([early[0], early[0]]);
});

test("a reload cuts nobody off, and who comes then is served by the new process", async () => {
  const { token } = await signUp(servers[0]!.url, "rita");
  states[1] = { ...up, draining: true };
  await becomes(1, "DRAIN");
  const staying = await WireClient.join(url, token);
  opened.push(staying);
  await haproxy.reload();
  await staying.pong();
  await connect(4);
  expect((await gateway(0)).sessions + (await gateway(1)).sessions).toBe(4);
  await staying.pong();
  expect(staying.isClosed).toBe(false);
});

test("what was begun is given again only where that is harmless", async () => {
  const ill = dyingApi();
  const api = [spec.api[0]!, { name: "ill", host: "127.0.0.1", port: ill.port, agentPort: agents[1]!.port }];
  const own = { ...spec, listen: { host: "127.0.0.1", port: await freePort() }, outer: undefined, api };
  const other = await startHaproxy(own);
  try {
    const address = `http://127.0.0.1:${own.listen.port}/v1`;
    const read = await Promise.all(Array.from({ length: 12 }, () => fetch(`${address}/server`)));
    expect(read.map(({ status }) => status)).toEqual(Array(12).fill(200));
    expect(ill.seen("GET /v1")).toBeGreaterThan(0);
    const written = await Promise.all(
      Array.from({ length: 12 }, () =>
        fetch(`${address}/sessions`, { method: "POST", body: "{}", keepalive: false }),
      ),
    );
    const lost = written.filter(({ status }) => status === 502);
    expect(lost.length).toBeGreaterThan(0);
    expect(ill.seen("POST /v1")).toBe(lost.length);
    expect(await lost[0]!.json()).toMatchObject({ error: { code: "unavailable" } });
  } finally {
    await other.stop();
    ill.stop();
  }
});

/** Lives, is ready, and dies in the middle of everything that it is asked. */
function dyingApi() {
  const requests: string[] = [];
  const listener = Bun.listen({
    hostname: "127.0.0.1",
    port: 0,
    socket: {
      data(socket, bytes) {
        const line = bytes.toString("latin1").split("\r\n", 1)[0]!;
        requests.push(line);
        socket.end(line.includes("/health/") ? "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n" : "");
      },
    },
  });
  const seen = (start: string) => requests.filter((line) => line.startsWith(start)).length;
  return { port: listener.port, seen, stop: () => listener.stop(true) };
}

test("with nobody behind it the balancer says so, in the form of the API, and tells outer balancers", async () => {
  expect((await fetch(`${url}/balancer`)).status).toBe(200);
  states.fill({ ...up, draining: true });
  await becomes(0, "DRAIN");
  await becomes(1, "DRAIN");
  await until("the API is drained too", async () => {
    const states = [await haproxy.server("api", "p0"), await haproxy.server("api", "p1")];
    return states.every(({ status }) => status.startsWith("DRAIN"));
  });
  const answer = await fetch(`${url}/v1/server`);
  expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
  expect(await answer.json()).toMatchObject({ error: { code: "unavailable", retryAfterMs: 1000 } });
  expect((await fetch(`${url}/balancer`)).status).toBe(503);
});

test("figures of one process are not for everybody", async () => {
  expect((await fetch(`${url}/metrics`)).status).toBe(404);
});

test("over TLS: WebSockets by HTTP/1.1 and inside HTTP/2, the API by HTTP/2, cookies for TLS only", async () => {
  const certificate = await makeCertificate(folder);
  const listen = { host: "127.0.0.1", port: await freePort(), certificate };
  const redirectFrom = { host: "127.0.0.1", port: await freePort() };
  const one = [spec.gateways[0]!];
  const tls = await startHaproxy({
    ...spec,
    listen,
    redirectFrom,
    outer: undefined,
    gateways: one,
    api: one,
  });
  const origin = `https://127.0.0.1:${listen.port}`;
  const h2 = connectHttp2(origin, { rejectUnauthorized: false });
  try {
    const account = JSON.stringify({ handle: "tess", password: "correct battery 17", cookie: true });
    const entered = await asked(h2, "POST", "/v1/accounts", account);
    expect(h2.alpnProtocol).toBe("h2");
    expect(entered.headers[":status"]).toBe(201);
    expect(String(entered.headers["set-cookie"])).toContain("Secure");
    const cookie = String(entered.headers["set-cookie"]).split(";")[0]!;
    const me = await asked(h2, "GET", "/v1/me", undefined, { cookie });
    expect([me.headers[":status"], JSON.parse(me.body).account.handle]).toEqual([200, "tess"]);
    expect(await welcomedOver(`wss://127.0.0.1:${listen.port}/v1/socket`, { cookie, origin })).toBe(
      "welcome",
    );
    const tunnel = await asked(h2, "CONNECT", "/v1/socket", undefined, {
      ":protocol": "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-protocol": "banyan.v1.json",
    });
    expect(tunnel.headers).toMatchObject({ ":status": 200, "sec-websocket-protocol": "banyan.v1.json" });
    const moved = await fetch(`http://127.0.0.1:${redirectFrom.port}/x?y=1`, { redirect: "manual" });
    expect([moved.status, moved.headers.get("location")]).toEqual([
      308,
      `https://127.0.0.1:${redirectFrom.port}/x?y=1`,
    ]);
  } finally {
    h2.destroy();
    await tls.stop();
  }
});

test("the client's address comes from the PROXY header, and what a client claims itself counts for nothing", async () => {
  const [first, second] = ["203.0.113.7", "203.0.113.8"];
  states[1] = { ...up, draining: true };
  await until("one process answers", async () =>
    (await haproxy.server("api", "p1")).status.startsWith("DRAIN"),
  );
  const open = (source: string) => ProxiedHttp.open(spec.outer!.port, proxyHeader(source));
  const greedy = await open(first);
  const statuses: number[] = [];
  for (let i = 0; i < requestsPerMinute + 5; i++)
    statuses.push(await greedy.get("/v1/server", { "x-forwarded-for": `198.51.100.${i}` }));
  expect(statuses.filter((status) => status === 200)).toHaveLength(requestsPerMinute);
  expect(statuses.slice(-5)).toEqual([429, 429, 429, 429, 429]);
  expect(await (await open(first)).get("/v1/server")).toBe(429);
  expect(await (await open(second)).get("/v1/server")).toBe(200);
  const unannounced = await ProxiedHttp.open(spec.outer!.port, Buffer.alloc(0));
  expect(await unannounced.get("/v1/server")).toBe(0);
});
