// How often one address may open a socket.

import { expect, test } from "bun:test";
import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { limitSocketAttempts } from "#app/socket-attempts.ts";

test("[P49] an address opens so many sockets a minute; a neighbour in its IPv6 network is the same, another is not", async () => {
  const waitOf = limitSocketAttempts(openMemoryRateLimits(), 3);
  for (const host of ["1", "2", "3"]) expect(await waitOf(`2001:db8:0:7::${host}`)).toBe(0);
  expect(await waitOf("2001:db8:0:7::4")).toBeGreaterThan(0);
  expect(await waitOf("2001:db8:0:8::4")).toBe(0);
  expect(await waitOf("203.0.113.9")).toBe(0);
  for (let i = 0; i < 10; i++) expect(await waitOf("::ffff:127.0.0.1")).toBe(0);
});
