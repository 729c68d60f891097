// What frames are made of: records, which are named fields in a fixed order, and choices between records.

import type { MessagePackReader } from "./messagepack-reader.ts";
import type { MessagePackWriter } from "./messagepack-writer.ts";
import type { ValueOf, WireType } from "./wire-types.ts";
import { WrongForm } from "./wrong-form.ts";

type Simplify<T> = { [K in keyof T]: T[K] };
type RecordOf<F> = Simplify<
  { readonly [K in keyof F as undefined extends ValueOf<F[K]> ? never : K]: ValueOf<F[K]> } & {
    readonly [K in keyof F as undefined extends ValueOf<F[K]> ? K : never]?: ValueOf<F[K]>;
  }
>;
/** A record's value while it is written or filled. */
type Values = Record<string, unknown>;

/** A record, and its fields without the array around them: a choice puts the kind's number before these. */
export interface RecordType<T> extends WireType<T> {
  /** How many fields are written: without the absent ones at the end. */
  countOf(value: T): number;
  writeFields(writer: MessagePackWriter, value: T, count: number): void;
  /** Reads `count` items of an open array into the fields of `into`, and closes it. */
  readFields(reader: MessagePackReader, count: number, into: Values): void;
}

/**
 * Named fields in a fixed order: an object in JSON, an array of the values in that order in the binary codec,
 * where absent optional fields at the end are left out. Unknown fields and further values are ignored, which
 * is how version N+1 may add optional fields at the end.
 */
export function record<F extends Record<string, WireType<any>>>(
  label: string,
  fields: F,
): RecordType<RecordOf<F>> & { readonly fields: F } {
  const entries: readonly [string, WireType<any>][] = Object.entries(fields);
  const keys = entries.map(([key]) => key);
  const types = entries.map(([, type]) => type);
  const required = types.findLastIndex((type) => !type.optional) + 1;
  const self: RecordType<RecordOf<F>> & { readonly fields: F } = {
    name: label,
    optional: false,
    refusal: "not an array",
    fields,
    toJson: (value) => {
      const json: Values = {};
      for (let i = 0; i < keys.length; i++) json[keys[i]!] = types[i]!.toJson((value as Values)[keys[i]!]);
      return json;
    },
    fromJson: (value) => {
      if (typeof value !== "object" || value === null) throw new WrongForm("not an object");
      return fieldsFromJson(entries, value as Values) as RecordOf<F>;
    },
    countOf: (value) => {
      let count = keys.length;
      while (count > required && isAbsent((value as Values)[keys[count - 1]!])) count--;
      return count;
    },
    write: (writer, value) => {
      const count = self.countOf(value);
      writer.array(count);
      self.writeFields(writer, value, count);
    },
    writeFields: (writer, value, count) => {
      for (let i = 0; i < count; i++) types[i]!.write(writer, (value as Values)[keys[i]!]);
    },
    read: (reader) => {
      const count = reader.open();
      if (count < 0) throw new WrongForm("not an array");
      const into: Values = {};
      self.readFields(reader, count, into);
      return into as RecordOf<F>;
    },
    readFields: (reader, count, into) => {
      const known = Math.min(count, keys.length);
      let i = 0;
      try {
        for (; i < known; i++) {
          const value = types[i]!.read(reader);
          if (value !== undefined) into[keys[i]!] = value;
        }
        for (; i < required; i++) if (!types[i]!.optional) throw new WrongForm(types[i]!.refusal);
      } catch (error) {
        throw inField(keys[i]!, error);
      }
      reader.close(count - known);
    },
  };
  return self;
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function fieldsFromJson(entries: readonly [string, WireType<any>][], json: Values): Values {
  const read: Values = {};
  for (const [key, type] of entries) {
    try {
      const value = type.fromJson(json[key]);
      if (value !== undefined) read[key] = value;
    } catch (error) {
      throw inField(key, error);
    }
  }
  return read;
}

function inField(key: string, error: unknown): unknown {
  return error instanceof WrongForm ? new WrongForm(`${key}: ${error.message}`) : error;
}

/**
 * One of several records, told apart by a number (binary, first value) and a word (JSON, field `kind`).
 * With a member `unknown`, kinds that are not in the table decode as that one; without it they are refused.
 */
export function choice<M extends Record<string, { no: number; type: RecordType<any> }>>(
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
    refusal: "an unknown kind",
    members,
    toJson: (value: Choice) => ({ kind: value.kind, ...(of(value).type.toJson(value) as object) }),
    fromJson: (value: unknown): Choice => {
      const kind = (value as { kind?: unknown } | null)?.kind;
      const known = typeof kind === "string" && Object.hasOwn(members, kind);
      const found = known ? ([kind, members[kind]!.type] as const) : fallback;
      if (typeof kind !== "string" || !found) throw new WrongForm("an unknown kind");
      return { kind: found[0], ...found[1].fromJson(value) } as Choice;
    },
    write: (writer: MessagePackWriter, value: Choice): void => {
      const { no, type } = of(value);
      const count = type.countOf(value);
      writer.array(1 + count);
      writer.small(no);
      type.writeFields(writer, value, count);
    },
    read: (reader: MessagePackReader): Choice => {
      const count = reader.open();
      const no = count > 0 ? reader.number() : undefined;
      const found = no === undefined ? undefined : (byNo.get(no) ?? fallback);
      if (!found) throw new WrongForm("an unknown kind");
      const into: Values = { kind: found[0] };
      found[1].readFields(reader, count - 1, into);
      return into as Choice;
    },
  };
}
