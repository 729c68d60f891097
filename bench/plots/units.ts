// How a value is written beside its unit, in plots, pages and tables. A plot's description is plain data, so that a
// page can carry it and draw again; a unit is therefore a word and not a function.

export type Unit = "ms" | "us" | "/s" | "bytes" | "KiB" | "share" | "percent" | "count";

/** With its unit: 1.2 s, 340 us, 12.4 k/s, 1.5 GiB, 62 %. */
export function written(value: number | null | undefined, unit: Unit): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  switch (unit) {
    case "ms":
      return duration(value * 1_000);
    case "us":
      return duration(value);
    case "/s":
      return `${short(value)}/s`;
    case "bytes":
      return binary(value);
    case "KiB":
      return binary(value * 1_024);
    case "share":
      return `${digits(value * 100)} %`;
    case "percent":
      return `${digits(value)} %`;
    case "count":
      return short(value);
  }
}

/** A count with every digit, in groups of three. */
export function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function duration(us: number): string {
  const size = Math.abs(us);
  if (size === 0) return "0";
  if (size < 1_000) return `${digits(us)} µs`;
  if (size < 1_000_000) return `${digits(us / 1_000)} ms`;
  return size < 120_000_000 ? `${digits(us / 1_000_000)} s` : `${digits(us / 60_000_000)} min`;
}

function binary(bytes: number): string {
  const names = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  let value = bytes;
  for (; Math.abs(value) >= 1_000 && step < names.length - 1; step++) value /= 1_024;
  return `${digits(value)} ${names[step]}`;
}

function short(value: number): string {
  const size = Math.abs(value);
  if (size < 10_000) return size >= 1_000 ? Math.round(value).toLocaleString("en") : digits(value);
  return size < 1_000_000 ? `${digits(value / 1_000)} k` : `${digits(value / 1_000_000)} M`;
}

/** Three digits that count, without zeros at the end. */
function digits(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  const places = size >= 10 ? 1 : 2;
  const text = value.toFixed(size < 0.1 && size > 0 ? 3 : places);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** A time since the run began: 0:45, 12:30, 1:02:30. */
export function clock(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const two = (n: number) => String(n).padStart(2, "0");
  const minutes = Math.floor(seconds / 60);
  const rest = `${two(seconds % 60)}`;
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${rest}`;
}

/** In the one unit for all, so that values beside each other can be compared by their digits. */
export function plain(value: number, unit: Unit): string {
  const text = Math.abs(value) >= 100 ? whole(value) : digits(value);
  if (unit === "/s") return `${text}/s`;
  return unit === "us" || unit === "ms" ? `${text} ${unit === "us" ? "µs" : unit}` : written(value, unit);
}
