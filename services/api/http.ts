// What every route shares: the environment of a request, and how its errors stand in the OpenAPI document.

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import type { SessionId, UserId } from "#base/ids.ts";
import { type ErrorCode, errorCodes } from "./errors.ts";
import { errorBodyOf } from "./schemas/error.ts";

/** What the server in front knows about a request. */
export interface RequestInfo {
  /** The client's address, a trusted proxy's word already applied. */
  readonly remoteAddress: string;
  /** Whether the client's connection is TLS. */
  readonly secure: boolean;
}

export interface Caller {
  readonly user: UserId;
  readonly session: SessionId;
  readonly isBot: boolean;
}

export type Env = { Bindings: RequestInfo; Variables: { caller: Caller } };
export type Api = OpenAPIHono<Env>;
/** Lets a request through with its `caller`, or answers why not. */
export type Authenticate = MiddlewareHandler<Env>;

const always = ["rate_limited", "internal", "overloaded", "draining", "unavailable"] as const;
export const withBody = ["bad_request", "bad_json", "too_large", "unsupported_media_type"] as const;
export const signedIn = ["not_authenticated"] as const;
/** For methods that change something: a cookie alone does not authenticate them. */
export const signedInToChange = ["not_authenticated", "wrong_origin"] as const;

type StatusOf<Code extends ErrorCode> = (typeof errorCodes)[Code]["status"];

/** The answers of an operation beside its good ones: the codes that it may give, by status. */
export function errors<const Codes extends readonly ErrorCode[]>(...codes: Codes) {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set<ErrorCode>([...codes, ...always])) {
    const { status } = errorCodes[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const entries = [...byStatus].map(([status, list]) => [status, described(list)] as const);
  type Status = StatusOf<Codes[number] | (typeof always)[number]>;
  return Object.fromEntries(entries) as unknown as { [S in Status]: ReturnType<typeof described> };
}

function described(codes: readonly ErrorCode[]) {
  const description = codes.map((code) => `\`${code}\`: ${errorCodes[code].message}`).join(" ");
  return { description, content: { "application/json": { schema: errorBodyOf(codes) } } };
}

export function json<Schema>(schema: Schema) {
  return { "application/json": { schema } };
}
