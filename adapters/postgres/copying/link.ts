// A connection for copying: as the one who may do everything, and may write where a fence keeps others from it.

import { SQL } from "bun";
import { endpointOf, type Target } from "../target.ts";

/** The fence lets connections of this name alone. */
export const copyingName = "banyan migrate";

export interface Link {
  readonly sql: SQL;
  readonly target: Target;
  ask(text: string, parameters?: readonly unknown[]): Promise<Record<string, any>[]>;
  close(): Promise<void>;
}

export function linkTo(target: Target): Link {
  const sql = new SQL({
    adapter: "postgres",
    ...endpointOf(target),
    max: 3,
    connectionTimeout: 5,
    idleTimeout: 0,
    connection: {
      application_name: copyingName,
      // Said by the session itself, this goes before what a fence says for the whole database.
      default_transaction_read_only: "off",
      jit: "off",
      timezone: "UTC",
      statement_timeout: "0",
    },
  } as never);
  return {
    sql,
    target,
    ask: (text, parameters = []) => sql.unsafe(text, parameters as never[]),
    close: () => sql.close({ timeout: 2 }),
  };
}

/** For the few statements that take no parameters. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
