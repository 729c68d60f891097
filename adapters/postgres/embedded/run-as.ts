// PostgreSQL refuses to run as root. Where we are root it runs as another user (the data's owner, else nobody);
// elsewhere as ourselves. On Linux it also gets a signal when we die, so that no orphan keeps the data.

import { existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { EmbeddedFailure } from "./failure.ts";

export interface RunAs {
  /** Who owns the cluster's files; null: we ourselves. */
  readonly owner: { readonly uid: number; readonly gid: number } | null;
  /** The command that runs `command` in that way. */
  wrap(command: readonly string[], options: { dieWithUs: boolean }): string[];
}

const nobody = 65534;

export function chooseRunAs(dataFolder: string, mustReach: readonly string[]): RunAs {
  const setpriv = process.platform === "linux" ? Bun.which("setpriv") : null;
  const pdeathsig = ["--pdeathsig", "INT"];
  if (process.getuid?.() !== 0) {
    return {
      owner: null,
      wrap: (command, { dieWithUs }) =>
        dieWithUs && setpriv && supportsDeathSignal(setpriv)
          ? [setpriv, ...pdeathsig, ...command]
          : [...command],
    };
  }
  if (!setpriv) {
    throw new EmbeddedFailure(
      "cannot_run_as_root",
      "PostgreSQL does not run as root, and the command setpriv, which would run it as another user, was not found.",
      "Start Banyan as an ordinary user, or install util-linux.",
    );
  }
  const owner = ownerOf(dataFolder);
  const identity = [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, "--clear-groups"];
  const reach = mustReach.every((path) => reachable(path, owner)) ? [] : passThroughFolders(setpriv);
  return {
    owner,
    wrap: (command, { dieWithUs }) => [
      setpriv,
      ...identity,
      ...reach,
      ...(dieWithUs ? pdeathsig : []),
      ...command,
    ],
  };
}

function ownerOf(folder: string): { uid: number; gid: number } {
  let at = folder;
  while (!existsSync(at)) at = dirname(at);
  const { uid, gid } = statSync(at);
  return uid === 0 ? { uid: nobody, gid: nobody } : { uid, gid };
}

/** Whether `who` may enter every folder on the way to `path`. */
function reachable(path: string, who: { uid: number; gid: number }): boolean {
  for (let at = dirname(path); ; at = dirname(at)) {
    if (existsSync(at)) {
      const { mode, uid, gid } = statSync(at);
      const bit = uid === who.uid ? 0o100 : gid === who.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (at === dirname(at)) return true;
  }
}

/**
 * Banyan in /root is the most common case of a fresh server: nobody cannot enter there. The capability to pass
 * through folders closes the gap; nothing else of root's rights is handed on.
 */
function passThroughFolders(setpriv: string): string[] {
  const dump = Bun.spawnSync([setpriv, "--dump"]).stdout.toString();
  const bounding = /Capability bounding set: (.*)/.exec(dump)?.[1]?.split(",") ?? [];
  // Containers often keep dac_override only.
  const capability = ["dac_read_search", "dac_override"].find((name) => bounding.includes(name));
  if (!capability) return [];
  // Without no_setuid_fixup, access(2), by which initdb looks for its neighbours, leaves the capability out.
  const fixup = bounding.includes("setpcap") ? ["--securebits=+no_setuid_fixup"] : [];
  return [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`, ...fixup];
}

function supportsDeathSignal(setpriv: string): boolean {
  return Bun.spawnSync([setpriv, "--pdeathsig", "INT", "true"]).exitCode === 0;
}
