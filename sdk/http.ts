// One request to the HTTP API and its answer: the value, or a refusal in the library's form. Never throws.

import { ok, type Result, refused } from "#base/result.ts";
import { maxima } from "./maxima.ts";
import type { Fetch } from "./platform.ts";
import type { Answer, Refusal } from "./refusals.ts";
import { localRefusal } from "./refusals.ts";
import type { Clock } from "./types.ts";

export interface HttpParts {
  readonly baseUrl: string;
  readonly fetch: Fetch;
  readonly clock: Clock;
  token(): string | undefined;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export class Http {
  constructor(readonly parts: HttpParts) {}

  get<T>(path: string, query: Record<string, string | number | undefined> = {}): Answer<T> {
    const words = Object.entries(query).filter(([, value]) => value !== undefined && value !== "");
    const search = new URLSearchParams(words.map(([key, value]) => [key, String(value)])).toString();
    return this.request("GET", search ? `${path}?${search}` : path);
  }

  async request<T>(method: Method, path: string, body?: unknown): Answer<T> {
    const abort = new AbortController();
    const cancelTimeout = this.parts.clock.after(maxima.httpWithinMs, () => abort.abort());
    try {
      const response = await this.parts.fetch(`${this.parts.baseUrl}${path}`, {
        method,
        signal: abort.signal,
        credentials: "same-origin",
        headers: this.#headers(body !== undefined),
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      return await answerOf<T>(response);
    } catch {
      return refused(localRefusal("unreachable"));
    } finally {
      cancelTimeout();
    }
  }

  #headers(hasBody: boolean): Record<string, string> {
    const token = this.parts.token();
    return {
      accept: "application/json",
      ...(hasBody && { "content-type": "application/json" }),
      ...(token && { authorization: `Bearer ${token}` }),
    };
  }
}

async function answerOf<T>(response: Response): Promise<Result<T, Refusal>> {
  const text = await response.text();
  if (response.ok) return ok((text === "" ? undefined : JSON.parse(text)) as T);
  return refused(refusalIn(text) ?? localRefusal(response.status >= 500 ? "unavailable" : "unreachable"));
}

function refusalIn(text: string): Refusal | null {
  try {
    const { error } = JSON.parse(text) as { error: Refusal };
    const { code, message, retryAfterMs } = error;
    return { code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  } catch {
    // A proxy's error page: no answer of Banyan's.
    return null;
  }
}
