// The one form of every error; an operation's document names the codes that it can give.

import { z } from "@hono/zod-openapi";

export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly retryAfterMs?: number };
}

const known = new Map<string, z.ZodType<ErrorBody>>();

/** One schema for each set of codes, by a name made of them: `NotFound`, `BadRequestOrBadJson`. */
export function errorBodyOf(codes: readonly string[]): z.ZodType<ErrorBody> {
  const name = codes.map(pascalCase).join("Or");
  const schema = known.get(name) ?? describe(name, codes);
  known.set(name, schema);
  return schema;
}

function describe(name: string, codes: readonly string[]): z.ZodType<ErrorBody> {
  const error = z.object({
    code: z.enum(codes as [string, ...string[]]),
    message: z.string().openapi({ description: "For people. Never repeats what was sent." }),
    retryAfterMs: z.int().min(0).optional().openapi({ description: "When it is worth trying again." }),
  });
  return z.object({ error }).openapi(name) as unknown as z.ZodType<ErrorBody>;
}

function pascalCase(code: string): string {
  return code
    .split("_")
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1))
    .join("");
}
