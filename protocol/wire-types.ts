// The few types that frames are made of. Each knows its form in both codecs and refuses anything else,
// so that a frame which decoded is a frame whose fields have the right form.

import { fromBase64Url, toBase64Url } from "#base/base64url.ts";
import { isUuid, uuidFromBytes, uuidToBytes } from "#base/ids.ts";

/** Thrown inside decoding only; `decode` in the codecs turns it into a refusal. */
export class WrongForm extends Error {}

export interface WireType<T> {
  /** How SPEC.md and the generated table call it. */
  readonly name: string;
  readonly optional: boolean;
  toJson(value: T): unknown;
  fromJson(value: unknown): T;
  toBinary(value: T): unknown;
  fromBinary(value: unknown): T;
}

export type ValueOf<W> = W extends WireType<infer T> ? T : never;

function same<T>(name: string, check: (value: unknown) => T): WireType<T> {
  return { name, optional: false, toJson: (v) => v, fromJson: check, toBinary: (v) => v, fromBinary: check };
}

export const int: WireType<number> = same("int", (value) => {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new WrongForm("not a whole number of 0 or more");
});

export const bool: WireType<boolean> = same("bool", (value) => {
  if (typeof value === "boolean") return value;
  throw new WrongForm("not true or false");
});

export const text: WireType<string> = same("text", (value) => {
  if (typeof value === "string" && !value.includes("\u0000") && value.isWellFormed()) return value;
  throw new WrongForm("not a text, or one with U+0000 or a lone surrogate");
});

/** 16 bytes in the binary codec, the canonical lower-case text in JSON. */
export const uuid: WireType<string> = {
  name: "uuid",
  optional: false,
  toJson: (value) => value,
  fromJson: (value) => {
    if (isUuid(value)) return value;
    throw new WrongForm("not a UUID in lower case");
  },
  toBinary: uuidToBytes,
  fromBinary: (value) => uuidFromBytes(bytesOf(value, 16)),
};

/** 8 bytes in the binary codec, 11 characters of base64url in JSON. */
export const name: WireType<string> = {
  name: "name",
  optional: false,
  toJson: (value) => value,
  fromJson: (value) => {
    if (typeof value === "string" && value.length === 11 && fromBase64Url(value) !== null) return value;
    throw new WrongForm("not 8 bytes in base64url");
  },
  toBinary: (value) => fromBase64Url(value),
  fromBinary: (value) => toBase64Url(bytesOf(value, 8)),
};

/** Bytes in the binary codec, base64url in JSON. */
export const blob: WireType<Uint8Array> = {
  name: "blob",
  optional: false,
  toJson: toBase64Url,
  fromJson: (value) => {
    const bytes = typeof value === "string" ? fromBase64Url(value) : null;
    if (bytes) return bytes;
    throw new WrongForm("not base64url");
  },
  toBinary: (value) => value,
  fromBinary: (value) => bytesOf(value),
};

export function optional<T>(inner: WireType<T>): WireType<T | undefined> {
  return {
    name: `${inner.name}?`,
    optional: true,
    toJson: (value) => (value === undefined ? undefined : inner.toJson(value)),
    fromJson: (value) => (value === undefined || value === null ? undefined : inner.fromJson(value)),
    toBinary: (value) => (value === undefined ? null : inner.toBinary(value)),
    fromBinary: (value) => (value === undefined || value === null ? undefined : inner.fromBinary(value)),
  };
}

/** A list of at most `max` items; a longer one is refused before its items are read. */
export function list<T>(inner: WireType<T>, max: number): WireType<readonly T[]> {
  const items = (value: unknown): unknown[] => {
    if (!Array.isArray(value)) throw new WrongForm("not a list");
    if (value.length > max) throw new WrongForm(`a list of more than ${max}`);
    return value;
  };
  return {
    name: `${inner.name}[]`,
    optional: false,
    toJson: (value) => value.map((item) => inner.toJson(item)),
    fromJson: (value) => items(value).map((item) => inner.fromJson(item)),
    toBinary: (value) => value.map((item) => inner.toBinary(item)),
    fromBinary: (value) => items(value).map((item) => inner.fromBinary(item)),
  };
}

export type Fields = Record<string, WireType<never>>;
type Simplify<T> = { [K in keyof T]: T[K] };
export type RecordOf<F> = Simplify<
  { readonly [K in keyof F as undefined extends ValueOf<F[K]> ? never : K]: ValueOf<F[K]> } & {
    readonly [K in keyof F as undefined extends ValueOf<F[K]> ? K : never]?: ValueOf<F[K]>;
  }
>;

/**
 * Named fields in a fixed order: an object in JSON, an array of the values in that order in the binary codec,
 * where absent optional fields at the end are left out. Unknown fields and further values are ignored, which
 * is how version N+1 may add optional fields at the end.
 */
export function record<F extends Record<string, WireType<any>>>(
  label: string,
  fields: F,
): WireType<RecordOf<F>> & { readonly fields: F } {
  const entries = Object.entries(fields);
  return {
    name: label,
    optional: false,
    fields,
    toJson: (value) => {
      const json: Record<string, unknown> = {};
      for (const [key, type] of entries) json[key] = type.toJson((value as Record<string, unknown>)[key]);
      return json;
    },
    fromJson: (value) => {
      if (typeof value !== "object" || value === null) throw new WrongForm("not an object");
      return readFields(entries, (key) => (value as Record<string, unknown>)[key], "fromJson");
    },
    toBinary: (value) => {
      const array = entries.map(([key, type]) => type.toBinary((value as Record<string, unknown>)[key]));
      while (array.length > 0 && array[array.length - 1] === null) array.pop();
      return array;
    },
    fromBinary: (value) => {
      if (!Array.isArray(value)) throw new WrongForm("not an array");
      return readFields(entries, (_, index) => value[index], "fromBinary");
    },
  };
}

function readFields<T>(
  entries: [string, WireType<any>][],
  valueAt: (key: string, index: number) => unknown,
  form: "fromJson" | "fromBinary",
): T {
  const read: Record<string, unknown> = {};
  for (let i = 0; i < entries.length; i++) {
    const [key, type] = entries[i]!;
    try {
      const value = type[form](valueAt(key, i));
      if (value !== undefined) read[key] = value;
    } catch (error) {
      if (error instanceof WrongForm) throw new WrongForm(`${key}: ${error.message}`);
      throw error;
    }
  }
  return read as T;
}

/**
 * One of several records, told apart by a number (binary, first value) and a word (JSON, field `kind`).
 * With a member `unknown`, kinds that are not in the table decode as that one; without it they are refused.
 */
export function choice<M extends Record<string, { no: number; type: WireType<any> }>>(
  label: string,
  members: M,
) {
  type Choice = { [K in keyof M]: { readonly kind: K } & ValueOf<M[K]["type"]> }[keyof M];
  const byNo = new Map(
    Object.entries(members).map(([kind, member]) => [member.no, [kind, member.type] as const]),
  );
  const of = (value: Choice) => members[value.kind as string]!;
  const fallback = members.unknown && (["unknown", members.unknown.type] as const);
  return {
    name: label,
    optional: false,
    members,
    toJson: (value: Choice) => ({ kind: value.kind, ...(of(value).type.toJson(value) as object) }),
    fromJson: (value: unknown): Choice => {
      const kind = (value as { kind?: unknown } | null)?.kind;
      const known = typeof kind === "string" && Object.hasOwn(members, kind);
      const found = known ? ([kind, members[kind]!.type] as const) : fallback;
      if (typeof kind !== "string" || !found) throw new WrongForm("an unknown kind");
      return { kind: found[0], ...found[1].fromJson(value) } as Choice;
    },
    toBinary: (value: Choice) => [of(value).no, ...(of(value).type.toBinary(value) as unknown[])],
    fromBinary: (value: unknown): Choice => {
      const kind = Array.isArray(value) ? value[0] : undefined;
      const found = byNo.get(kind as number) ?? fallback;
      if (typeof kind !== "number" || !found) throw new WrongForm("an unknown kind");
      return { kind: found[0], ...found[1].fromBinary((value as unknown[]).slice(1)) } as Choice;
    },
  };
}

function bytesOf(value: unknown, length?: number): Uint8Array {
  if (value instanceof Uint8Array && (length === undefined || value.length === length)) return value;
  throw new WrongForm(length === undefined ? "not bytes" : `not ${length} bytes`);
}
