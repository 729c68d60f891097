// The log. What may stand in a line is a closed list of fields, so that a message's text, a password or a token has
// no way in: that does not compile. JSON for machines, short lines with the time for people.

import pino from "pino";
import { textLine } from "#app/telemetry/text-line.ts";

export interface LogFields {
  readonly user?: string;
  readonly session?: string;
  readonly conversation?: string;
  readonly address?: string;
  readonly count?: number;
  readonly seq?: number;
  readonly bytes?: number;
  readonly ms?: number;
  readonly freeMiB?: number;
  readonly port?: number;
  readonly pid?: number;
  readonly url?: string;
  readonly path?: string;
  readonly status?: number;
  readonly version?: string;
  readonly signal?: string;
  readonly reason?: string;
  readonly code?: string | number;
}

export interface Log {
  debug(what: string, fields?: LogFields): void;
  info(what: string, fields?: LogFields): void;
  warn(what: string, fields?: LogFields): void;
  error(what: string, error?: unknown, fields?: LogFields): void;
}

export interface LogSettings {
  readonly logLevel: string;
  readonly logFormat: "auto" | "text" | "json";
}

export function createLog(settings: LogSettings, write: (line: string) => unknown = toStandardOutput()): Log {
  const asText =
    settings.logFormat === "text" || (settings.logFormat === "auto" && process.stdout.isTTY === true);
  const sink = { write: (line: string) => write(asText ? textLine(line) : line) };
  const out = pino({ level: settings.logLevel, base: { process: process.pid } }, sink);
  return {
    debug: (what, fields) => out.debug(fields ?? {}, what),
    info: (what, fields) => out.info(fields ?? {}, what),
    warn: (what, fields) => out.warn(fields ?? {}, what),
    error: (what, error, fields) => out.error({ ...fields, ...errorFields(error) }, what),
  };
}

export const silentLog: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** What is worth knowing of an error. PostgreSQL quotes values in the texts of classes 22 and 23: left out. */
function errorFields(error: unknown): Record<string, unknown> {
  if (error === undefined) return {};
  if (!(error instanceof Error)) return { error: typeof error };
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  const quotesValues = [code, errno].some((value) => /^2[23]/.test(String(value)));
  return {
    error: error.name,
    code: code ?? errno,
    detail: quotesValues ? undefined : error.message.slice(0, 500),
    stack: quotesValues ? undefined : error.stack?.split("\n").slice(1, 8).join("\n"),
  };
}

/** Written at once: the last lines before an end are the ones that matter. */
function toStandardOutput(): (line: string) => unknown {
  const destination = pino.destination({ dest: 1, sync: true });
  return (line) => destination.write(line);
}
