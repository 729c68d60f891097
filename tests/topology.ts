// Which topology the servers of this test process have, and what a test has to know about it: as little as possible.

import { assert } from "#base/assert.ts";

export const topology = topologyOf(process.env.TEST_TOPOLOGY);

/** For hooks that start a server: a cluster is six processes instead of two. */
export const startWithinMs = topology === "cluster" ? 90_000 : 30_000;

function topologyOf(wished = "embedded"): "embedded" | "cluster" {
  assert(wished === "embedded" || wished === "cluster", `TEST_TOPOLOGY is ${wished}`);
  return wished;
}
