// Holds an answer against the document: is its status documented for the operation, and does its body match, with
// no field more than is documented?

import Ajv2020, { type ValidateFunction } from "ajv/dist/2020.js";
import { type Operation, operationsOf } from "#tests/api/operations.ts";
import type { Schema } from "./openapi-values.ts";

export interface Seen {
  readonly status: number;
  readonly contentType: string | null;
  readonly text: string;
}

export type Judge = (operation: Operation, seen: Seen) => string[];

export function openJudge(document: object): Judge {
  const ajv = new Ajv2020({ strict: true, allErrors: true, formats: { password: true } });
  ajv.addKeyword("example");
  const { components } = document as { components: { schemas: Record<string, Schema> } };
  for (const [name, schema] of Object.entries(components.schemas)) ajv.addSchema(closed(schema), name);
  const checks = new Map<string, ValidateFunction>();
  for (const operation of operationsOf(document)) {
    for (const [status, { content }] of Object.entries(operation.responses)) {
      if (content === undefined) continue;
      const schema = closed(content["application/json"].schema as Schema);
      checks.set(`${operation.operationId} ${status}`, ajv.compile(schema));
    }
  }
  return (operation, seen) => problemsOf(operation, seen, checks);
}

function problemsOf(
  { operationId, responses }: Operation,
  { status, contentType, text }: Seen,
  checks: ReadonlyMap<string, ValidateFunction>,
): string[] {
  if (status >= 500) return [`${operationId} answered ${status}: ${text}`];
  const documented = responses[status];
  if (documented === undefined)
    return [`${operationId} answered ${status}, which is not documented: ${text}`];
  const check = checks.get(`${operationId} ${status}`);
  if (check === undefined) return text === "" ? [] : [`${operationId} ${status} has a body: ${text}`];
  if (contentType !== "application/json") return [`${operationId} ${status} is ${contentType}, not JSON`];
  if (check(JSON.parse(text))) return [];
  return (check.errors ?? []).map(
    (error) =>
      `${operationId} ${status} ${error.instancePath} ${error.message} ${JSON.stringify(error.params)}`,
  );
}

/** The same schema, in which an object has the fields that are named and no others, and refers by plain names. */
function closed(schema: Schema): Schema {
  return changed(schema, (node) => {
    if (typeof node.$ref === "string")
      return { ...node, $ref: node.$ref.replace("#/components/schemas/", "") };
    const isObject = node.type === "object" && node.properties !== undefined;
    return isObject ? { ...node, additionalProperties: false } : node;
  });
}

type Node = Record<string, unknown>;

function changed<T>(value: T, change: (node: Node) => Node): T {
  if (Array.isArray(value)) return value.map((item) => changed(item, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, changed(inner, change)]);
  return change(Object.fromEntries(entries)) as T;
}
