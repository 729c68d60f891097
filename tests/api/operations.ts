// The operations of an OpenAPI document, one by one.

export interface Operation {
  readonly operationId: string;
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** The schema of the JSON body, where the operation takes one. */
  readonly body: object | null;
  readonly responses: Readonly<Record<string, Described>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: "path" | "query";
  readonly required: boolean;
  readonly schema: object;
}

interface Described {
  readonly content?: { readonly "application/json": { readonly schema: object } };
}

interface Raw extends Omit<Operation, "method" | "path" | "body"> {
  readonly requestBody?: { readonly content: { readonly "application/json": { readonly schema: object } } };
}

export function operationsOf(document: object): Operation[] {
  const { paths } = document as { paths: Record<string, Record<string, Raw>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, raw]) => ({
      operationId: raw.operationId,
      method: method.toUpperCase(),
      path,
      parameters: raw.parameters ?? [],
      body: raw.requestBody?.content["application/json"].schema ?? null,
      responses: raw.responses,
    })),
  );
}
