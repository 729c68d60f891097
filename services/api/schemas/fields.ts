// The small forms that fields have: ids, numbers, texts. A request's ids leave here with their own types.

import { z } from "@hono/zod-openapi";
import type { ConversationId, SessionId, UserId } from "#base/ids.ts";

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** In answers. */
export const uuid = z.string().regex(uuidPattern, "not a UUID in lower case");

export const userId = uuid as unknown as z.ZodType<UserId, string>;
export const sessionId = uuid as unknown as z.ZodType<SessionId, string>;
export const conversationId = uuid as unknown as z.ZodType<ConversationId, string>;

/** Milliseconds since 1970. */
export const time = z.int().min(0).openapi({ description: "Milliseconds since 1970." });
export const count = z.int().min(0);

/** Numbers of messages, changes and members fit into 31 bits. */
const numberMax = 2_147_483_647;
export const number = z.int().min(0).max(numberMax);

export function numberInQuery(description: string) {
  return z.coerce
    .number()
    .pipe(number)
    .openapi({ type: "integer", minimum: 0, maximum: numberMax, description });
}

export function limitInQuery(max: number, byDefault: number) {
  return countInQuery(max)
    .default(byDefault)
    .openapi({ type: "integer", minimum: 1, maximum: max, default: byDefault });
}

export function countInQuery(max: number, description?: string) {
  return z.coerce
    .number()
    .pipe(z.int().min(1).max(max))
    .openapi({ type: "integer", minimum: 1, maximum: max, ...(description ? { description } : {}) });
}

/** Text that a store takes: well-formed, without U+0000. */
export function text(charsMax: number) {
  return z
    .string()
    .max(charsMax)
    .refine((value) => value.isWellFormed() && !value.includes("\u0000"), "not a valid text");
}

/** One line for people to read: trimmed, not empty, without control characters. */
export function line(charsMax: number) {
  return z
    .string()
    .trim()
    .min(1)
    .max(charsMax)
    .refine((value) => value.isWellFormed() && !/\p{Cc}/u.test(value), "not a single line of text");
}

/** `a,b,c` in a query. */
export function listInQuery<T>(item: z.ZodType<T, string>, countMax: number, example: string) {
  return z
    .string()
    .transform((value) => value.split(","))
    .pipe(z.array(item).min(1).max(countMax))
    .openapi({ type: "string", example, description: `At most ${countMax}, separated by commas.` });
}
