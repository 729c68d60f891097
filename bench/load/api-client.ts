// The HTTP side of a device: a request, its answer, and what went wrong in the words of the run file.

import type { Notes } from "./notes.ts";

const withinMs = 15_000;
let trust: { tls?: { rejectUnauthorized: false } } = {};

/** For a server with a certificate that nobody vouches for; holds for this process. */
export function trustAnybody(): void {
  trust = { tls: { rejectUnauthorized: false } };
}

export interface Answer {
  readonly ok: boolean;
  readonly status: number;
  readonly retryAfterMs: number;
  readonly body: unknown;
}

/** As `fetch`, with the trust that this process has. */
export function fetchTrusting(url: string, init: RequestInit): Promise<Response> {
  return fetch(url, { ...init, ...trust });
}

/** Never throws: what cannot be reached has status 0. */
export async function ask(
  url: string,
  token: string | null,
  method = "GET",
  body?: object,
  timeoutMs = withinMs,
): Promise<Answer> {
  try {
    const answer = await fetchTrusting(url, {
      method,
      headers: {
        ...(token && { authorization: `Bearer ${token}` }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await answer.text();
    const content: unknown = text.startsWith("{") ? JSON.parse(text) : null;
    const error = (content as { error?: { retryAfterMs?: number } } | null)?.error;
    return {
      ok: answer.ok,
      status: answer.status,
      retryAfterMs: error?.retryAfterMs ?? 500,
      body: content,
    };
  } catch (error) {
    return { ok: false, status: 0, retryAfterMs: 500, body: { error: { code: wordsFor(error, timeoutMs) } } };
  }
}

/** What the runtime says of a connection, without its advice to programmers. */
function wordsFor(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  if (error.name === "TimeoutError") return `no answer within ${timeoutMs / 1000} s`;
  if (code === "ECONNRESET") return "connection reset";
  if (code === "ECONNREFUSED" || code === "ConnectionRefused") return "connection refused";
  return error.message;
}

export function codeOf(answer: Answer): string {
  return (answer.body as { error?: { code?: string } } | null)?.error?.code ?? `HTTP ${answer.status}`;
}

/** Notes what was not done: a refusal by its code, all else as an error. */
export function noteFailure(notes: Notes, what: string, answer: Answer): void {
  if (answer.status === 0) notes.error(`${what}: ${codeOf(answer)}`);
  else notes.refusal(codeOf(answer));
}
