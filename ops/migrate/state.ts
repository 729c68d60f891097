// How far a move is: migration.json in the data directory, private, since it holds the URLs. Written before each
// step, so that after a crash of whatever process `status`, `abort` and `resume` know what there is to do.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { saveFile } from "#app/config/save-config-file.ts";

/**
 * copying: everything is as before but for the copy. fenced: the old database takes no writes. moved: the server is
 * on the new one, and what the copy needed is still there. done: only the way back is kept.
 */
export type Phase = "copying" | "fenced" | "moved" | "done";

export interface MoveState {
  readonly direction: "to" | "back";
  readonly phase: Phase;
  /** What goes into banyan.config.json; on the way back: nothing. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What leaves it. */
  readonly without: readonly string[];
  /** The cluster's database, as one who may subscribe or publish. */
  readonly adminUrl: string;
  /** Where the cluster reaches the embedded database, and by which password. */
  readonly bridge: { readonly listen: string; readonly seenAs: string; readonly password: string } | null;
  readonly startedAt: string;
  /** The finished move before this one. */
  readonly earlier: MoveState | null;
}

function fileIn(dataDir: string): string {
  return join(dataDir, "migration.json");
}

export function readState(dataDir: string): MoveState | null {
  try {
    return JSON.parse(readFileSync(fileIn(dataDir), "utf8")) as MoveState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
}

export function saveState(dataDir: string, state: MoveState): MoveState {
  saveFile(fileIn(dataDir), `${JSON.stringify(state, null, 2)}\n`);
  return state;
}

export function forgetState(dataDir: string): void {
  rmSync(fileIn(dataDir), { force: true });
}

/** For the server: the move that was fenced when it ended, if it was. */
export function fencedState(dataDir: string): MoveState | null {
  const state = readState(dataDir);
  return state?.phase === "fenced" ? state : null;
}

/** From `fenced` on: the server serves again, on the old side (copying) or on the new one (moved). */
export function leaveFence(dataDir: string, phase: "copying" | "moved"): void {
  const state = fencedState(dataDir);
  if (state) saveState(dataDir, { ...state, phase });
}
