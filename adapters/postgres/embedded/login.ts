// Who may come in over the socket is written in pg_hba.conf: everybody who can reach it, since its folder is
// private. While a copy is made, one login needs its password, because a bridge lets others reach the socket.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { placeIn } from "./place.ts";

/** Before all other lines; call `pg_reload_conf()` afterwards. Twice is once. */
export function demandPassword(dataDir: string, login: string): void {
  rewrite(dataDir, login, [`local all ${login} scram-sha-256`]);
}

export function demandNoPassword(dataDir: string, login: string): void {
  rewrite(dataDir, login, []);
}

function rewrite(dataDir: string, login: string, first: readonly string[]): void {
  const file = join(placeIn(resolve(dataDir)).folder, "pg_hba.conf");
  const before = readFileSync(file, "utf8").split("\n");
  const others = before.filter((line) => !line.split(/\s+/).includes(login));
  writeFileSync(file, [...first, ...others].join("\n"));
}
