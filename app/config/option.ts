// What an option is: one row of the table in options.ts, from which come the flag, the environment variable,
// the key of banyan.config.json, the help text and docs/generated/configuration.md.
// `parse` takes the text that someone wrote and answers a value, or says what would have been right.

export type Preset = "embedded" | "test";
export const presets: readonly Preset[] = ["embedded", "test"];

export type Parsed<T> = { readonly value: T } | { readonly wanted: string };

export interface Option<T> {
  readonly group: OptionGroup;
  readonly help: string;
  /** What stands behind the flag in `--help`; null for a switch (`--x`, `--no-x`). */
  readonly placeholder: string | null;
  readonly unit?: string;
  readonly bounds?: string;
  readonly secret?: boolean;
  /** Not allowed in banyan.config.json, because it decides where that file is or how it is read. */
  readonly notInFile?: boolean;
  readonly default: T;
  readonly defaultInTest: T;
  parse(text: string): Parsed<T>;
}

export type OptionGroup =
  | "Place"
  | "Network"
  | "People"
  | "Log and metrics"
  | "Storage"
  | "Cluster"
  | "Limits";

interface Words<T> {
  readonly group: OptionGroup;
  readonly help: string;
  readonly default: T;
  /** The value of the preset `test`, where it differs. */
  readonly test?: T;
  readonly notInFile?: boolean;
  readonly secret?: boolean;
}

function common<T, W extends Words<T>>(words: W & Words<T>) {
  return { ...words, defaultInTest: words.test === undefined ? words.default : words.test };
}

export function text(words: Words<string> & { placeholder: string; charsMax: number }): Option<string> {
  return {
    ...common(words),
    bounds: `1 - ${words.charsMax} characters`,
    parse: (given) =>
      given.length >= 1 && given.length <= words.charsMax
        ? { value: given }
        : { wanted: `a text of 1 to ${words.charsMax} characters` },
  };
}

/** A text that may be missing; an empty one counts as missing. */
export function optionalText(
  words: Omit<Words<string | null>, "default"> & {
    placeholder: string;
    check?: (given: string) => string | null;
  },
): Option<string | null> {
  return {
    ...common<string | null, Words<string | null> & { placeholder: string }>({ ...words, default: null }),
    parse(given) {
      if (given === "") return { value: null };
      const wanted = words.check?.(given) ?? null;
      return wanted === null ? { value: given } : { wanted };
    },
  };
}

export function integer(words: Words<number> & { min: number; max: number; unit?: string }): Option<number> {
  const bounds = `${words.min} - ${words.max}`;
  return {
    ...common(words),
    placeholder: words.unit ?? "number",
    bounds,
    parse(given) {
      const value = /^-?\d{1,15}$/.test(given) ? Number(given) : Number.NaN;
      return value >= words.min && value <= words.max
        ? { value }
        : { wanted: `a whole number from ${words.min} to ${words.max}${unitWords(words.unit)}` };
    },
  };
}

function unitWords(unit: string | undefined): string {
  return unit === undefined ? "" : ` (${unit})`;
}

export function oneOf<const T extends string>(
  words: Words<NoInfer<T>> & { choices: readonly T[] },
): Option<T> {
  return {
    ...common(words),
    placeholder: words.choices.join("|"),
    bounds: words.choices.join(", "),
    parse: (given) =>
      words.choices.includes(given as T)
        ? { value: given as T }
        : { wanted: `one of ${words.choices.join(", ")}` },
  };
}

export function toggle(words: Words<boolean>): Option<boolean> {
  return {
    ...common(words),
    placeholder: null,
    bounds: "true, false",
    parse(given) {
      if (given === "true" || given === "1") return { value: true };
      if (given === "false" || given === "0") return { value: false };
      return { wanted: "true or false" };
    },
  };
}

/** Several values, separated by commas. */
export function list(
  words: Words<readonly string[]> & { placeholder: string; check: (item: string) => string | null },
): Option<readonly string[]> {
  return {
    ...common(words),
    parse(given) {
      const items = given
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
      const wanted = items.map(words.check).find((answer) => answer !== null);
      return wanted === undefined ? { value: Object.freeze(items) } : { wanted: wanted! };
    },
  };
}
