// The line in which doctor and `cluster status` tell the delivery audit of all servers that answer.

import { afterAll, expect, test } from "bun:test";
import { auditLine, readAudit } from "#ops/audit-line.ts";

const figures = (checked: number, lost: number, more = "") => `# HELP banyan_audit_messages_checked_total x
banyan_audit_messages_checked_total ${checked}
banyan_audit_messages_lost_total ${lost}
banyan_audit_sessions 2
${more}`;

const servers = [
  serve(figures(1_200, 0)),
  serve(figures(300, 4, "banyan_audit_lossy_sessions_total 1\nbanyan_audit_messages_late_total 3\n")),
  serve("banyan_up 1\n"),
];
afterAll(() => Promise.all(servers.map((server) => server.stop(true))));

function serve(text: string) {
  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: (request) =>
      request.headers.get("authorization") === "Bearer a token"
        ? new Response(text)
        : new Response("no", { status: 403 }),
  });
}

const urls = servers.map(({ port }) => `http://127.0.0.1:${port}`);

test("sums what all servers tell, and says how much a loss is worth", async () => {
  const audit = (await readAudit([...urls, "http://127.0.0.1:1"], "a token"))!;
  expect(audit.servers).toBe(2);
  expect(auditLine(audit)).toBe(
    "lost 4 of 1500 messages checked (told by 1 session, 3 of them shown late; 4 sessions reporting now)",
  );
  expect(auditLine((await readAudit([urls[0]!], "a token"))!)).toBe(
    "lost 0 of 1200 messages checked (2 sessions reporting now)",
  );
});

test("where nobody tells, nothing is claimed", async () => {
  expect(await readAudit([urls[2]!], "a token")).toBeNull();
  expect(await readAudit(urls, "another token")).toBeNull();
  expect(await readAudit([], null)).toBeNull();
});
