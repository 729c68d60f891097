// The one door: what it prints, and what it answers to verbs and flags that are not right.

import { expect, test } from "bun:test";
import { verbs } from "#ops/verbs.ts";
import { runBanyan } from "#tests/serve-process.ts";
import { startServer } from "#tests/server.ts";

test("alone, the door prints its verbs with a line each", async () => {
  const { code, out } = await runBanyan([]);
  expect(code).toBe(0);
  for (const verb of verbs)
    expect(out).toMatch(new RegExp(`^\\s+${verb.name}\\s+${verb.line.slice(0, 30)}`, "m"));
});

test("an unknown verb is refused with the nearest one", async () => {
  const { code, err } = await runBanyan(["srve"]);
  expect(code).toBe(1);
  expect(err).toContain("there is no verb srve. Did you mean serve?");
});

test("each verb of the house explains itself", async () => {
  const { code, out } = await runBanyan(["serve", "--help"]);
  expect(code).toBe(0);
  expect(out).toContain("--data-dir <folder>");
  expect(out).toContain("BANYAN_DATA_DIR");
});

test("an unknown flag is refused with the nearest one", async () => {
  const { code, err } = await runBanyan(["serve", "--prot", "1"]);
  expect(code).toBe(1);
  expect(err).toContain("unknown option '--prot'");
  expect(err).toContain("--port");
});

test("the doctor finds nothing wrong here and names a taken port", async () => {
  const listener = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  try {
    const well = await runBanyan(["doctor", "--port", "0"]);
    expect([well.code, well.out]).toEqual([0, expect.stringContaining("Nothing here hinders Banyan.")]);
    const ill = await runBanyan(["doctor", "--port", String(listener.port)]);
    expect(ill.code).toBe(1);
    expect(ill.out).toMatch(/^PROBLEM +port +Port \d+ on 127\.0\.0\.1 is taken/m);
  } finally {
    listener.stop(true);
  }
});

test("beside a Banyan that runs the doctor finds its port no problem, and tells its deliveries", async () => {
  const server = await startServer();
  try {
    const place = ["--data-dir", server.dataDir, "--port", String(server.port)];
    const { code, out } = await runBanyan(["doctor", ...place]);
    expect(out).toMatch(/^look +port +.* is taken by this running Banyan/m);
    expect(out).toMatch(/^ok +delivery +lost 0 of 0 messages checked/m);
    expect(code).toBe(0);
  } finally {
    await server.stop();
  }
}, 60_000);
