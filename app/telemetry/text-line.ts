// A log line for people: the time, the level where it is worth a look, what happened, then its fields.

const levelNames: Record<number, string> = { 40: "warning ", 50: "ERROR ", 60: "FATAL " };

export function textLine(json: string): string {
  const { level, time, process: _, msg, stack, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const at = new Date(time as number).toISOString().slice(11, 23);
  const shown = Object.entries(fields).map(([name, value]) => fieldText(name, value));
  const what = `${levelNames[level as number] ?? ""}${msg}`;
  const trace = typeof stack === "string" ? `\n${stack}` : "";
  return `${[at, what, ...shown].join("  ")}${trace}\n`;
}

function fieldText(name: string, value: unknown): string {
  if (name === "ms") return `${Math.round(Number(value))} ms`;
  return name === "url" ? String(value) : `${name}=${value}`;
}
