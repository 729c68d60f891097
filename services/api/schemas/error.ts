// The one form of every error; an operation's document names the codes that it can give.

import { z } from "@hono/zod-openapi";

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly retryAfterMs?: number };
}

export function errorBodyOf<Body extends ErrorBody>(codes: readonly string[]): z.ZodType<Body> {
  const schema = z.object({
    error: z.object({
      code: z.enum(codes as [string, ...string[]]),
      message: z.string().openapi({ description: "For people. Never repeats what was sent." }),
      retryAfterMs: z.int().min(0).optional().openapi({ description: "When it is worth trying again." }),
    }),
  });
  return schema as unknown as z.ZodType<Body>;
}
