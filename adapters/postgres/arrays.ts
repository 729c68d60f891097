// PostgreSQL's text form of arrays: one parameter for a whole column of a group.

/** Of numbers, uuids and other values that need no quotes. */
export function plainArray(values: readonly (string | number)[]): string {
  return `{${values.join(",")}}`;
}

/** Of texts of any content. */
export function textArray(values: readonly string[]): string {
  let literal = "{";
  for (let i = 0; i < values.length; i++) {
    const text = values[i]!;
    const escaped = special.test(text) ? text.replace(everySpecial, "\\$&") : text;
    literal += i === 0 ? `"${escaped}"` : `,"${escaped}"`;
  }
  return `${literal}}`;
}

export function byteArray(values: readonly Uint8Array[]): string {
  return `{${values.map((bytes) => `"\\\\x${Buffer.from(bytes).toString("hex")}"`).join(",")}}`;
}

const special = /["\\]/;
const everySpecial = /["\\]/g;
