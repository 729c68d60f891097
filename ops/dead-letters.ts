// ./banyan dead-letters: events that a consumer of the worker could not handle, in the database of a running server or
// by its URL. Only the rows are touched: what is retried is handled by the worker that runs.

import { existsSync, realpathSync } from "node:fs";
import type { Command } from "commander";
import { Database } from "#adapters/postgres/database.ts";
import { openDeadLetters } from "#adapters/postgres/dead-letters.ts";
import { placeIn } from "#adapters/postgres/embedded/place.ts";
import { socketPath } from "#adapters/postgres/embedded/socket-folder.ts";
import type { Target } from "#adapters/postgres/target.ts";
import type { Config } from "#app/config.ts";
import { StartProblem } from "#app/start-problem.ts";
import { addConfigFlags, configOf } from "#ops/config-flags.ts";
import type { DeadLetter, DeadLetters } from "#ports/dead-letters.ts";
import type { OutboxPosition } from "#ports/outbox.ts";

const listMax = 200;

export function define(command: Command): void {
  command.addHelpText(
    "after",
    "\nThe columns of `list` are what `retry` and `drop` want: consumer and event.",
  );
  verb(command.command("list [consumer]").description("The newest first."), async (letters, [consumer]) => {
    const found = await letters.list(listMax, consumer);
    for (const letter of found) console.log(lineOf(letter));
    const count = await letters.count();
    console.log(count === 1 ? "1 dead letter." : `${count} dead letters.`);
  });
  verb(
    command.command("retry <consumer> <event>").description("Handle one again, or `all` of the consumer."),
    async (letters, [consumer, event]) => {
      const count = await letters.retry(consumer!, one(event!));
      console.log(`${count} will be tried again within seconds, where a worker runs.`);
    },
  );
  verb(
    command.command("drop <consumer> <event>").description("Delete one for ever, or `all` of the consumer."),
    async (letters, [consumer, event]) => {
      console.log(`${await letters.drop(consumer!, one(event!))} dropped.`);
    },
  );
}

function verb(
  command: Command,
  work: (letters: DeadLetters, given: readonly (string | undefined)[]) => Promise<void>,
): void {
  command.exitOverride();
  addConfigFlags(command, ["dataDir", "postgresUrl"]);
  command.action(async () => {
    const database = new Database({ ...targetOf(configOf(command)), applicationName: "banyan dead-letters" });
    try {
      await work(openDeadLetters(database), command.args);
    } finally {
      await database.close();
    }
  });
}

/** The database given by its URL, or the one that a running server keeps in its data directory. */
function targetOf(config: Config): Target {
  if (config.postgresUrl) return { url: config.postgresUrl };
  const socketDir = existsSync(config.dataDir) ? placeIn(realpathSync(config.dataDir)).socketFolder : null;
  if (socketDir !== null && existsSync(socketPath(socketDir))) return { socketDir };
  throw new StartProblem(
    `No server runs on the data directory ${config.dataDir}, so its database is not up.`,
    "Start it with ./banyan serve, or give the database with --postgres-url.",
  );
}

function one(event: string): OutboxPosition | null {
  return event === "all" ? null : (event as OutboxPosition);
}

function lineOf({ consumer, event, at, tries, isRetried, content, error }: DeadLetter): string {
  const when = new Date(at).toISOString();
  return [when, consumer, event, content.kind, `${tries} tries`, isRetried ? "retry asked for" : "", error]
    .filter((word) => word !== "")
    .join("  ");
}
