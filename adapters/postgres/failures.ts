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

// Connection lost; not let in, or no such database (the operator's to mend); resources used up (disk, memory,
// connections); stopped or interrupted by the operator; system error; damaged data.
const unavailableClasses = ["08", "28", "3D", "53", "57", "58", "XX"];
// A server that takes no changes: it was the primary, or is not yet. A statement that its connection prepared is
// gone, or plans for what a migration has changed. A lock was not to be had in time.
const unavailableStates = ["25006", "0A000", "26000", "55P03"];
const endingStates = ["25006", "0A000", "26000", "57P01", "57P02", "57P03", "57P05"];

/** The server was the primary, and is not any more. */
export function isReadOnly(error: unknown): boolean {
  return sqlStateOf(error) === "25006";
}

/** The connection went away, or never came to be. */
export class ConnectionLost extends Error {
  override name = "ConnectionLost";
}

/** Whether the connection on which this came must not be used again. */
export function endsConnection(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== null) return state.startsWith("08") || endingStates.includes(state);
  return isLost(error);
}

/** Whether it was the connection that failed, and not the statement. */
export function isLost(error: unknown): boolean {
  if (error instanceof ConnectionLost) return true;
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && code.startsWith("ERR_POSTGRES_") && code !== "ERR_POSTGRES_SERVER_ERROR";
}

/** Whether the server closed a connection that was open: a new one may do better at once. */
export function wasClosed(error: unknown): boolean {
  const { code, errno } = (error ?? {}) as { code?: unknown; errno?: unknown };
  return code === "ERR_POSTGRES_CONNECTION_CLOSED" || errno === "57P01" || errno === "57P02";
}

/** `operation` names the statement; nothing of its values gets into the error. */
export function asFailure(error: unknown, operation: string): unknown {
  if (error instanceof StoreUnavailable) return error;
  if (error instanceof ConnectionLost) return new StoreUnavailable(`${operation}: ${error.message}`);
  const state = sqlStateOf(error);
  if (state !== null) {
    const known =
      unavailableClasses.includes(state.slice(0, 2)) ||
      unavailableStates.includes(state) ||
      mayTryAgain(error);
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
