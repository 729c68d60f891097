// The rate limits of one process pass their contract.

import { openMemoryRateLimits } from "#adapters/memory/rate-limits.ts";
import { rateLimitsContract } from "./rate-limits.ts";

rateLimitsContract("memory", openMemoryRateLimits);
