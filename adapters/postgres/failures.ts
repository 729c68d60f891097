// What an error of the database means for the caller: try again, or the store is unavailable, or a bug of ours.

import { StoreUnavailable } from "#ports/store-unavailable.ts";

/** The five characters of SQLSTATE, or null where the error is not the server's. */
export function sqlStateOf(error: unknown): string | null {
  const state = (error as { errno?: unknown } | null)?.errno;
  return typeof state === "string" && /^[0-9A-Z]{5}$/.test(state) ? state : null;
}

/** Deadlock, serialization failure, and a unique key that a racing statement has taken. */
export function mayTryAgain(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state === "40P01" || state === "40001" || state === "23505";
}

// Connection lost, resources used up (disk, memory, connections), stopped or interrupted by the operator,
// system error, damaged data.
const unavailableClasses = ["08", "53", "57", "58", "XX"];

/** `operation` names the statement; nothing of its values gets into the error. */
export function asFailure(error: unknown, operation: string): unknown {
  if (error instanceof StoreUnavailable) return error;
  const state = sqlStateOf(error);
  if (state !== null) {
    const known = unavailableClasses.includes(state.slice(0, 2)) || mayTryAgain(error) || state === "55P03";
    return known
      ? new StoreUnavailable(`${operation}: the database answered ${state}`)
      : withoutValues(error, operation, state);
  }
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === "string") return new StoreUnavailable(`${operation}: ${code}`);
  return error;
}

/** A bug of ours: the server's text and detail may repeat values, so only the state goes on. */
function withoutValues(error: unknown, operation: string, state: string): Error {
  const { constraint } = error as { constraint?: string };
  const at = constraint ? ` (${constraint})` : "";
  return new Error(`${operation}: the database refused the statement with ${state}${at}`);
}
