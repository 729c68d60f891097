// Facts about other processes: whether one lives, since when (a number alone may be another's by now), and
// whether it is the PostgreSQL of a folder.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as { code?: string }).code === "EPERM";
  }
  return !isZombie(pid);
}

/** Distinguishes two processes that had the same number one after the other. Empty: it does not live. */
export function birthMark(pid: number): string {
  if (!isAlive(pid)) return "";
  if (process.platform === "linux") return statFields(pid)[19] ?? "";
  return ask("lstart=", pid);
}

export function isPostgresOf(folder: string, pid: number): boolean {
  if (process.platform === "linux") {
    try {
      return readlinkSync(`/proc/${pid}/cwd`) === folder;
    } catch {
      // Another user's process: not to be asked, so not ours.
      return false;
    }
  }
  return ask("command=", pid).includes(folder);
}

/** Every process of the PostgreSQL of a folder; `title` stands in what they call themselves (cluster_name). */
export function processesOf(folder: string, title: string): number[] {
  if (process.platform === "linux") {
    const pids = readdirSync("/proc").map(Number).filter(Number.isInteger);
    return pids.filter((pid) => isPostgresOf(folder, pid) && isAlive(pid));
  }
  const lines = Bun.spawnSync(["ps", "-axo", "pid=,command="]).stdout.toString().split("\n");
  return lines
    .filter((line) => line.includes(`postgres: ${title}: `))
    .map((line) => Number.parseInt(line, 10));
}

function isZombie(pid: number): boolean {
  return process.platform === "linux" && statFields(pid)[0] === "Z";
}

/** The fields of /proc/<pid>/stat after the name, which may itself hold spaces: state, parent, ... */
function statFields(pid: number): string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

function ask(what: string, pid: number): string {
  return Bun.spawnSync(["ps", "-o", what, "-p", String(pid)])
    .stdout.toString()
    .trim();
}
