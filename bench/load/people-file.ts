// People and conversations that exist on a server, kept for the next run (`--people FILE`). It holds their tokens, so
// nobody else may read it.

import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { PlaceKind } from "./profile.ts";

const format = "banyan-load-people-1";

export interface KnownPerson {
  readonly handle: string;
  readonly user: string;
  readonly tokens: readonly string[];
}

export interface KnownRoom {
  readonly id: string;
  readonly kind: PlaceKind;
  /** People by their numbers in this file. */
  readonly members: readonly number[];
}

export interface People {
  readonly format: typeof format;
  /** Which plan they were made for: profile, version, count and seed. */
  readonly plan: string;
  /** Whether they have passwords (derived from seed and handle), so that they can log in. */
  readonly havePasswords: boolean;
  readonly people: readonly KnownPerson[];
  readonly rooms: readonly KnownRoom[];
}

export function newPeople(plan: string, havePasswords: boolean): People {
  return { format, plan, havePasswords, people: [], rooms: [] };
}

export function readPeople(path: string): People | null {
  if (!existsSync(path)) return null;
  const found = JSON.parse(readFileSync(path, "utf8")) as People;
  if (found.format !== format) throw new Error(`${path} does not hold people of ./banyan load.`);
  return found;
}

export function writePeople(path: string, people: People): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, JSON.stringify(people), { mode: 0o600 });
  renameSync(`${path}.part`, path);
}

/** Long and unlike any other; nobody but the run itself needs it. */
export function passwordOf(seed: number, handle: string): string {
  return new Bun.CryptoHasher("sha256").update(`load ${seed} ${handle}`).digest("base64url").slice(0, 24);
}
