// The configuration files of the peers, as they stand in bench/peers, and their versions as they say them.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { ConfigurationText } from "./target.ts";

const root = join(import.meta.dir, "../..");

/** Files of the house, shown by their paths. */
export function shown(...paths: readonly string[]): ConfigurationText[] {
  return paths.map((path) => ({ title: path, text: readFileSync(join(root, path), "utf8") }));
}

/** The file with each `__name__` replaced. */
export function filled(path: string, values: Readonly<Record<string, string | number>>): string {
  return readFileSync(join(root, path), "utf8").replaceAll(/__(\w+?)__/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path} wants __${name}__, which nobody gave`);
    return String(value);
  });
}

/** The first number like 1.2.3 that the command says; "missing" where it is not there. */
export function saidVersion(command: readonly string[]): string {
  if (!Bun.which(command[0]!)) return "missing";
  const { stdout, stderr } = Bun.spawnSync([...command], { stdout: "pipe", stderr: "pipe" });
  return /\d+(\.\d+)+([-+~]\w+)*/.exec(`${stdout}${stderr}`)?.[0] ?? "unknown";
}

/** A program that ops/install-peers.sh or ops/install-parts.sh built. */
export function builtPeer(name: string): string {
  return join(root, ".artifacts/parts/peers", name);
}

/** The version of the module that the program was built from, as Go wrote it there. */
export function builtVersion(name: string): string {
  if (!Bun.which("go")) return "unknown";
  const said = Bun.spawnSync(["go", "version", "-m", builtPeer(name)], { stderr: "ignore" });
  return /^\tmod\t\S+\t(\S+)/m.exec(said.stdout.toString())?.[1] ?? "unknown";
}

/** The version of a Debian package, or "missing". */
export function debianVersion(name: string): string {
  if (!Bun.which("dpkg-query")) return "missing";
  const said = Bun.spawnSync(["dpkg-query", "-s", name], { stderr: "ignore" });
  return /^Version: (\S+)/m.exec(said.stdout.toString())?.[1] ?? "missing";
}

/** What a person without the peer is told. */
export const installPeers =
  "install it with: sh ops/install-peers.sh (as root, or it says what root has to do)";
