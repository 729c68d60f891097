// Before the first and after the last file of every test run (./banyan test hands it to `bun test`).

import { afterAll, beforeAll } from "bun:test";
import { startSharedParts } from "./cluster-server.ts";
import { endAll } from "./parts/ending.ts";
import { topology } from "./topology.ts";

const partsWithinMs = 120_000;

beforeAll(async () => {
  if (topology === "cluster") await startSharedParts();
}, partsWithinMs);

afterAll(endAll);
