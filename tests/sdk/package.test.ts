// The package as others get it: built, declared, and its README's programs run against a real server.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildSdk } from "#sdk/build.ts";
import { temporaryFolder } from "#tests/serve-process.ts";
import { startServer, type TestServer } from "#tests/server.ts";

setDefaultTimeout(60_000);

const root = join(import.meta.dir, "../..");
const folder = temporaryFolder();
let server: TestServer;
let programs: string[];

beforeAll(async () => {
  mkdirSync(join(folder, "node_modules"));
  symlinkSync(join(root, "node_modules/ws"), join(folder, "node_modules/ws"));
  writeFileSync(join(folder, "package.json"), '{ "type": "module" }\n');
  await buildSdk(join(folder, "node_modules/banyan-sdk"));
  const readme = await Bun.file(join(root, "sdk/README.md")).text();
  programs = [...readme.matchAll(/```js\n([\s\S]*?)```/g)].map((match) => match[1]!);
  server = await startServer({ args: ["--sign-up", "open"] });
}, 60_000);

afterAll(() => server?.stop());

async function run(command: readonly string[]): Promise<{ code: number; out: string }> {
  const child = Bun.spawn([...command], {
    cwd: folder,
    env: { ...process.env, BANYAN_URL: server?.url },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [code, out, err] = await Promise.all([
    child.exited,
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  return { code, out: out + err };
}

function saved(program: string, name: string): string {
  writeFileSync(join(folder, name), program);
  return name;
}

test("the README's program that talks does, in Bun", async () => {
  const ran = await run([process.execPath, saved(programs[0]!, "talk.mjs")]);
  expect(ran).toEqual({ code: 0, out: "stored as number 1, heard: Hello from the library\n" });
});

test("the README's program that shows a conversation does, in Bun", async () => {
  const ran = await run([process.execPath, saved(programs[1]!, "show.mjs")]);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("sending: Water the tree\n");
  expect(ran.out).toContain("sent: Water the banyan (edited)\n");
  expect(ran.out.trimEnd().endsWith("Notes to self: 0 unread")).toBe(true);
});

test("the README's program for Node runs in Node, with the WebSocket handed over", async () => {
  expect(programs.length).toBe(3);
  const ran = await run(["node", saved(programs[2]!, "node.mjs")]);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain("live\n");
});

test("its declarations satisfy a strict program that knows nothing of this house", async () => {
  const program = `
    import { createClient, createMemoryStore, type Answer, type ConversationId, type Store } from "banyan-sdk";
    const store: Store = createMemoryStore();
    const client = createClient({ url: "http://localhost", store });
    const made: Answer<ConversationId> = client.conversations.create({ kind: "group", title: "t", users: [] });
    client.on("message", ({ message, mine }) => console.log(message.seq + 1, mine));
    // @ts-expect-error a text is no message's number
    client.conversation("" as ConversationId).markRead("1");
    export { made };
  `;
  const flags = ["--noEmit", "--strict", "--target", "esnext", "--module", "nodenext", "--types", ""];
  const tsc = join(root, "node_modules/.bin/tsc");
  const ran = await run([
    process.execPath,
    tsc,
    ...flags,
    "--lib",
    "esnext,dom",
    saved(program, "strict.ts"),
  ]);
  expect(ran).toEqual({ code: 0, out: "" });
});
