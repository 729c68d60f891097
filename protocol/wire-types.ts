// The few types that fields are made of. Each knows its form in both codecs and refuses anything else, so that a
// frame which decoded is a frame whose fields have the right form. What they make up is in wire-records.ts.

import { fromBase64Url, toBase64Url } from "#base/base64url.ts";
import { isUuid } from "#base/ids.ts";
import type { MessagePackReader } from "./messagepack-reader.ts";
import type { MessagePackWriter } from "./messagepack-writer.ts";
import { WrongForm } from "./wrong-form.ts";

export interface WireType<T> {
  /** How SPEC.md and the generated table call it. */
  readonly name: string;
  readonly optional: boolean;
  /** What is said of a value of another form, and of one that is missing from a MessagePack array. */
  readonly refusal: string;
  toJson(value: T): unknown;
  fromJson(value: unknown): T;
  write(writer: MessagePackWriter, value: T): void;
  read(reader: MessagePackReader): T;
}

export type ValueOf<W> = W extends WireType<infer T> ? T : never;

const notInt = "not a whole number of 0 or more";
const notBool = "not true or false";
const notText = "not a text, or one with U+0000 or a lone surrogate";
const notList = "not a list";

export const int: WireType<number> = {
  name: "int",
  optional: false,
  refusal: notInt,
  toJson: (value) => value,
  fromJson: (value) => {
    if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
    throw new WrongForm(notInt);
  },
  write: (writer, value) => writer.int(value),
  read: (reader) => {
    const value = reader.number();
    if (value !== undefined && value >= 0 && Number.isSafeInteger(value)) return value;
    throw new WrongForm(notInt);
  },
};

export const bool: WireType<boolean> = {
  name: "bool",
  optional: false,
  refusal: notBool,
  toJson: (value) => value,
  fromJson: (value) => {
    if (typeof value === "boolean") return value;
    throw new WrongForm(notBool);
  },
  write: (writer, value) => writer.bool(value),
  read: (reader) => reader.bool() ?? refuse(notBool),
};

export const text: WireType<string> = {
  name: "text",
  optional: false,
  refusal: notText,
  toJson: (value) => value,
  fromJson: (value) => {
    if (typeof value === "string" && !value.includes("\u0000") && value.isWellFormed()) return value;
    throw new WrongForm(notText);
  },
  write: (writer, value) => writer.text(value),
  read: (reader) => reader.text() ?? refuse(notText),
};

/** 16 bytes in the binary codec, the canonical lower-case text in JSON. */
export const uuid: WireType<string> = {
  name: "uuid",
  optional: false,
  refusal: "not 16 bytes",
  toJson: (value) => value,
  fromJson: (value) => {
    if (isUuid(value)) return value;
    throw new WrongForm("not a UUID in lower case");
  },
  write: (writer, value) => writer.uuid(value),
  read: (reader) => reader.uuid() ?? refuse("not 16 bytes"),
};

/** 8 bytes in the binary codec, 11 characters of base64url in JSON. */
export const name: WireType<string> = {
  name: "name",
  optional: false,
  refusal: "not 8 bytes",
  toJson: (value) => value,
  fromJson: (value) => {
    if (typeof value === "string" && value.length === 11 && fromBase64Url(value) !== null) return value;
    throw new WrongForm("not 8 bytes in base64url");
  },
  write: (writer, value) => writer.name(value),
  read: (reader) => reader.name() ?? refuse("not 8 bytes"),
};

/** Bytes in the binary codec, base64url in JSON. */
export const blob: WireType<Uint8Array> = {
  name: "blob",
  optional: false,
  refusal: "not bytes",
  toJson: (value) => toBase64Url(value),
  fromJson: (value) => {
    const bytes = typeof value === "string" ? fromBase64Url(value) : null;
    return bytes ?? refuse("not base64url");
  },
  write: (writer, value) => writer.bin(value),
  read: (reader) => reader.bin() ?? refuse("not bytes"),
};

export function optional<T>(inner: WireType<T>): WireType<T | undefined> {
  return {
    name: `${inner.name}?`,
    optional: true,
    refusal: inner.refusal,
    toJson: (value) => (value === undefined ? undefined : inner.toJson(value)),
    fromJson: (value) => (value === undefined || value === null ? undefined : inner.fromJson(value)),
    write: (writer, value) => {
      if (value === undefined || value === null) writer.nil();
      else inner.write(writer, value);
    },
    read: (reader) => (reader.nil() ? undefined : inner.read(reader)),
  };
}

/** A list of at most `max` items; a longer one is refused before its items are read. */
export function list<T>(inner: WireType<T>, max: number): WireType<readonly T[]> {
  return {
    name: `${inner.name}[]`,
    optional: false,
    refusal: notList,
    toJson: (value) => value.map((item) => inner.toJson(item)),
    fromJson: (value) => {
      if (!Array.isArray(value)) throw new WrongForm(notList);
      if (value.length > max) throw new WrongForm(`a list of more than ${max}`);
      return value.map((item) => inner.fromJson(item));
    },
    write: (writer, value) => {
      writer.array(value.length);
      for (let i = 0; i < value.length; i++) inner.write(writer, value[i]!);
    },
    read: (reader) => {
      const count = reader.open();
      if (count < 0) throw new WrongForm(notList);
      if (count > max) throw new WrongForm(`a list of more than ${max}`);
      const items: T[] = [];
      for (let i = 0; i < count; i++) items.push(inner.read(reader));
      reader.close(0);
      return items;
    },
  };
}

function refuse(why: string): never {
  throw new WrongForm(why);
}
