// What the operator wants, as a move that can begin: the file given with --to, or the way back.

import { readFileSync } from "node:fs";
import { didYouMean } from "#app/config/nearest.ts";
import type { Option } from "#app/config/option.ts";
import { type OptionName, optionNames, options } from "#app/config/options.ts";
import { ConfigurationError } from "#app/config.ts";
import { StartProblem } from "#app/start-problem.ts";
import { addressOf } from "./parties.ts";
import { type MoveState, readState } from "./state.ts";

export interface Wishes {
  readonly to?: string;
  readonly back?: boolean;
  /** On which address and port the embedded database is reachable while it is copied; port 0: a free one. */
  readonly bridge: string;
  /** The same place as the cluster's PostgreSQL reaches it, through a tunnel for example. */
  readonly bridgeSeenAs?: string;
  /** A file, since a URL holds a password and a command line is for all to see. */
  readonly adminUrlFile?: string;
}

/** `embedded`: what the server uses now; `pinned`: options that its command line or environment sets. */
export function moveFor(
  dataDir: string,
  wishes: Wishes,
  server: { embedded: boolean; pinned: readonly string[] },
): MoveState {
  const earlier = readState(dataDir);
  if (earlier && earlier.phase !== "done")
    throw new StartProblem(
      "A move is under way, or was broken off.",
      "See ./banyan migrate status; go on with resume, or give it up with abort.",
    );
  const move = { ...(wishes.to ? moveTo(wishes.to, wishes) : moveBack(earlier, wishes)), earlier };
  const wrongSide = (move.direction === "to") !== server.embedded;
  if (wrongSide)
    throw new StartProblem(
      `This server ${server.embedded ? "has its own database" : "uses a cluster's database"} already.`,
      "There is nothing to move.",
    );
  const pinned = [...move.without, ...Object.keys(move.values)].filter((name) =>
    server.pinned.includes(name),
  );
  if (pinned.length > 0)
    throw new StartProblem(
      `The server was started with ${pinned.join(", ")} as a flag or in the environment, which would go before the file.`,
      "Start it without, and keep the value in banyan.config.json.",
    );
  return move;
}

function moveTo(file: string, wishes: Wishes): MoveState {
  const { adminUrl, ...values } = readObject(file);
  checkValues(file, values);
  if (typeof values.postgresUrl !== "string")
    throw new ConfigurationError([`${file} names no "postgresUrl": that is where the data goes.`]);
  for (const place of [wishes.bridge, wishes.bridgeSeenAs ?? wishes.bridge]) checkAddress(place);
  return {
    direction: "to",
    phase: "copying",
    values,
    without: [],
    adminUrl: String(adminUrl ?? values.postgresUrl),
    bridge: {
      listen: wishes.bridge,
      seenAs: wishes.bridgeSeenAs ?? wishes.bridge,
      password: Buffer.from(crypto.getRandomValues(new Uint8Array(24))).toString("hex"),
    },
    startedAt: new Date().toISOString(),
    earlier: null,
  };
}

function moveBack(earlier: MoveState | null, wishes: Wishes): MoveState {
  const known = earlier?.direction === "to" ? earlier.adminUrl : undefined;
  const adminUrl = wishes.adminUrlFile ? readText(wishes.adminUrlFile).trim() : known;
  if (!adminUrl)
    throw new StartProblem(
      "The cluster's administrator is not known: this installation was not moved there by this command.",
      "Give the URL in a file: --admin-url-file.",
    );
  const moved = earlier?.direction === "to" ? Object.keys(earlier.values) : [];
  return {
    direction: "back",
    phase: "copying",
    values: {},
    without: [...new Set([...moved, "postgresUrl"])],
    adminUrl,
    bridge: null,
    startedAt: new Date().toISOString(),
    earlier: null,
  };
}

function readObject(file: string): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof found === "object" && found !== null && !Array.isArray(found))
      return found as Record<string, unknown>;
  } catch (error) {
    throw new ConfigurationError([`${file} cannot be read as JSON (${(error as Error).message}).`]);
  }
  throw new ConfigurationError([`${file} should hold one JSON object, such as {"postgresUrl": "..."}.`]);
}

function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new ConfigurationError([`${file} cannot be read (${(error as Error).message}).`]);
  }
}

function checkValues(file: string, values: Record<string, unknown>): void {
  const problems = Object.entries(values).flatMap(([name, value]) => {
    const option = Object.hasOwn(options, name) ? (options[name as OptionName] as Option<unknown>) : null;
    if (!option || option.notInFile)
      return [`${file}: unknown key "${name}".${didYouMean(name, optionNames)} Take it out or correct it.`];
    const parsed = option.parse(Array.isArray(value) ? value.join(",") : String(value ?? ""));
    return "wanted" in parsed ? [`${file}: "${name}" should be ${parsed.wanted}.`] : [];
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
}

function checkAddress(text: string): void {
  const { host, port } = addressOf(text);
  if (host !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return;
  throw new ConfigurationError([`${text} should be an address and a port, such as 127.0.0.1:5439.`]);
}
