// Values of a JSON schema for fast-check: good ones, by the schema; and nasty ones, of the same place. Knows the
// keywords that our document uses and fails loudly at any other.

import fc from "fast-check";

export interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly example?: unknown;
}

/** What exists, so that requests meet it: ids wherever one is wanted, and somebody's handle and password. */
export interface Known {
  readonly ids: readonly string[];
  readonly handle: string;
  readonly password: string;
}

const keywords = new Set([
  ...["$ref", "type", "enum", "anyOf", "oneOf", "properties", "required", "items", "minItems", "maxItems"],
  ...[
    "minLength",
    "maxLength",
    "pattern",
    "format",
    "minimum",
    "maximum",
    "default",
    "description",
    "example",
  ],
]);

const uuidPattern = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

export function valuesOf(schema: Schema, components: object, known: Known): fc.Arbitrary<unknown> {
  const again = (inner: Schema) => valuesOf(inner, components, known);
  for (const keyword of Object.keys(schema)) {
    if (!keywords.has(keyword)) throw new Error(`openapi-values.ts does not know the keyword ${keyword}`);
  }
  if (schema.$ref !== undefined) return again(resolve(schema.$ref, components));
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return fc.oneof(...choices.map(again));
  switch (schema.type) {
    case "string":
      return stringOf(schema, known);
    case "integer":
      return fc.oneof(
        fc.integer({ min: schema.minimum ?? -10, max: Math.min(schema.maximum ?? 100, 50) }),
        fc.constantFrom(schema.minimum ?? 0, schema.maximum ?? 2 ** 31),
      );
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(again(schema.items!), { minLength: schema.minItems ?? 0, maxLength: maxItems(schema) });
    case "object":
      return objectOf(schema, again);
    default:
      throw new Error(`openapi-values.ts does not know the type ${schema.type}`);
  }
}

export function resolve(reference: string, components: object): Schema {
  const name = reference.replace("#/components/schemas/", "");
  const found = (components as { schemas: Record<string, Schema> }).schemas[name];
  if (!found) throw new Error(`the document has no ${reference}`);
  return found;
}

function maxItems(schema: Schema): number {
  return Math.min(schema.maxItems ?? 5, 5);
}

function objectOf(schema: Schema, again: (inner: Schema) => fc.Arbitrary<unknown>): fc.Arbitrary<object> {
  const fields = Object.entries(schema.properties ?? {}).map(([name, inner]) => [name, again(inner)]);
  return fc.record(Object.fromEntries(fields), { requiredKeys: [...(schema.required ?? [])] as never[] });
}

function stringOf(schema: Schema, known: Known): fc.Arbitrary<string> {
  if (schema.pattern === uuidPattern) return fc.constantFrom(...known.ids);
  if (typeof schema.example === "string" && schema.pattern === undefined)
    return listLike(schema.example, known);
  const minLength = schema.minLength ?? 0;
  const maxLength = schema.maxLength ?? 40;
  if (schema.pattern === undefined) {
    const text = fc.string({ minLength, maxLength, unit: "grapheme" });
    return schema.format === "password" ? fc.oneof(fc.constant(known.password), text) : text;
  }
  const matching = fc
    .stringMatching(new RegExp(schema.pattern), { maxLength })
    .filter((text) => text.length >= minLength && text.length <= maxLength);
  return new RegExp(schema.pattern).test(known.handle)
    ? fc.oneof(fc.constant(known.handle), matching)
    : matching;
}

/** A list in a query: of ids or of numbers, as its example shows. */
function listLike(example: string, known: Known): fc.Arbitrary<string> {
  const item = new RegExp(uuidPattern).test(example)
    ? fc.constantFrom(...known.ids)
    : fc.integer({ min: 1, max: 5 });
  return fc.array(item as fc.Arbitrary<string | number>, { minLength: 1, maxLength: 4 }).map(String);
}

export const nastyTexts: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ...[
      "",
      " ",
      "\u0000",
      "a\u0000b",
      "\ud800",
      "\udc00x",
      "null",
      "undefined",
      "NaN",
      "-1",
      "1e999",
      "0x10",
    ],
    ...["' OR 1=1 --", "'; DROP TABLE accounts; --", "%' ESCAPE '", "\\", "%", "_", "$1", "{{7*7}}"],
    ...[
      "<script>alert(1)</script>",
      "../../etc/passwd",
      "%2e%2e%2f",
      "\r\nSet-Cookie: a=b",
      "\u202e\ufeff",
      "🏳️‍🌈",
    ],
    ...["__proto__", "constructor", "x".repeat(5_000), "9".repeat(400), "current", "CURRENT"],
  ),
  fc.string({ unit: "binary" }),
);

export const nastyValues: fc.Arbitrary<unknown> = fc.oneof(nastyTexts, fc.jsonValue({ maxDepth: 3 }));
