// What a command is answered that no instance has run. Questions for lists have no refusals: they reject.

import { refused } from "#base/result.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Method } from "./messaging-codec.ts";
import type { RouterLimits } from "./messaging-limits.ts";
import type { Command } from "./messaging-link.ts";

const lists: readonly Method[] = ["newest", "heads", "waitingCursors"];

export function refuse(
  { method, answer, fail }: Command,
  reason: "overloaded" | "unavailable",
  limits: RouterLimits,
): void {
  if (lists.includes(method)) return fail(new StoreUnavailable(`messaging is ${reason}`));
  const retryAfterMs = reason === "overloaded" ? limits.overloadedRetryMs : limits.unavailableRetryMs;
  answer(refused({ reason, retryAfterMs }));
}

export function tellUnknown({ method, answer, fail }: Command, limits: RouterLimits): void {
  if (lists.includes(method)) return fail(new StoreUnavailable("messaging does not know this question"));
  const detail = "a messaging process of another release does not know this command";
  answer(refused({ reason: "unavailable", retryAfterMs: limits.unavailableRetryMs, detail }));
}
