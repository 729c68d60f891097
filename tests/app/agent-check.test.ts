// What the balancer is told of a process, over a real connection.

import { afterEach, expect, test } from "bun:test";
import { connect } from "node:net";
import { type AgentCheck, type AgentState, startAgentCheck, weightPercent } from "#app/agent-check.ts";
import { watchEventLoopLag } from "#app/event-loop-lag.ts";
import { until } from "#tests/parts/until.ts";

const well: AgentState = { ready: true, draining: false, weightPercent: 100 };
let state: AgentState = well;
let agent: AgentCheck | null = null;

afterEach(() => {
  agent?.stop();
  agent = null;
  state = well;
});

function started(): AgentCheck {
  agent = startAgentCheck({ host: "127.0.0.1", port: 0, state: () => state });
  return agent;
}

/** What a connection hears until the other side ends it. */
function asked(port: number, says = ""): Promise<string> {
  return new Promise((heard, failed) => {
    let text = "";
    const socket = connect(port, "127.0.0.1", () => says && socket.write(says));
    socket.on("data", (bytes) => {
      text += bytes;
    });
    socket.on("end", () => heard(text));
    socket.on("error", failed);
  });
}

test("one line for each state, read anew for each question", async () => {
  const { port } = started();
  expect(await asked(port)).toBe("up ready 100%\n");
  state = { ...well, weightPercent: 40 };
  expect(await asked(port)).toBe("up ready 40%\n");
  state = { ...well, draining: true };
  expect(await asked(port)).toBe("drain\n");
  state = { ...well, ready: false };
  expect(await asked(port)).toBe("drain\n");
  state = { ready: false, draining: true, weightPercent: 0 };
  expect(await asked(port)).toBe("drain\n");
});

test("what is asked, or a share out of bounds, changes nothing", async () => {
  const { port } = started();
  expect(await asked(port, "GET / HTTP/1.1\r\n\r\n")).toBe("up ready 100%\n");
  state = { ...well, weightPercent: 0 };
  expect(await asked(port)).toBe("up ready 1%\n");
  state = { ...well, weightPercent: 250.4 };
  expect(await asked(port)).toBe("up ready 100%\n");
});

test("a hundred questions at once, some broken off, are answered; after stop nobody is", async () => {
  const { port, stop } = started();
  for (let i = 0; i < 50; i++)
    connect(port, "127.0.0.1")
      .on("error", () => {})
      .destroy();
  const answers = await Promise.all(Array.from({ length: 100 }, () => asked(port)));
  expect(new Set(answers)).toEqual(new Set(["up ready 100%\n"]));
  stop();
  expect(asked(port)).rejects.toThrow();
});

test("the share falls with sockets and with lag, whichever is worse, and never to nothing", () => {
  const at = (sockets: number, lagMs: number) => weightPercent({ sockets, socketsMax: 1000, lagMs });
  expect([at(0, 0), at(800, 50), at(890, 0), at(0, 275)]).toEqual([100, 100, 50, 50]);
  expect([at(890, 480), at(980, 0), at(2000, 0), at(0, 5000)]).toEqual([4, 1, 1, 1]);
});

test("a process that was busy says how late it was, and forgets it again", async () => {
  const lag = watchEventLoopLag();
  const busyUntil = performance.now() + 400;
  while (performance.now() < busyUntil);
  await until("the lag is seen", () => lag.lagMs() > 200);
  await until("it is forgotten", () => lag.lagMs() < 200);
  lag.stop();
});
