// `./banyan load check HISTORY`, and `./banyan load --check`: builds the independent checker, which is written in Go around Porcupine, and lets it
// judge a history. Go is needed for this verb only.

import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { artifacts, root } from "#ops/root.ts";

const folder = join(root, "bench/checker");

const help = `Usage: ./banyan load check HISTORY [--all] [--each] [--timeout 60s] [--html FOLDER]

Judges what ./banyan load --history FILE has written: per conversation whether some order of all sends and reads is one
that a gapless log allows (by Porcupine), and whether each device saw every message once, in order, without a hole.
Exit code: 0 all well, 1 broken, 2 wrong use, 3 undecided.`;

/** The exit code. */
export async function check(args: readonly string[]): Promise<number> {
  const isHelp = args.includes("--help") || args.includes("-h");
  if (isHelp || args[0] === undefined || args[0].startsWith("-")) {
    console.log(help);
    return isHelp ? 0 : 2;
  }
  const program = buildChecker();
  if (typeof program !== "string") {
    console.error(`banyan: ${program.problem}\n        ${program.remedy}`);
    return 2;
  }
  const [history, ...options] = args as [string, ...string[]];
  const child = Bun.spawn([program, ...options, history], {
    stdin: "ignore",
    stdout: "inherit",
    stderr: "inherit",
  });
  return child.exited;
}

/** What it says of a history, line by line. */
export async function judge(program: string, history: string): Promise<{ code: number; lines: string[] }> {
  const child = Bun.spawn([program, history], { stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const said = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, lines: said.join("").split("\n").filter(Boolean) };
}

/** The program's path, built anew where a source is newer; or why there is none. */
export function buildChecker(): string | { readonly problem: string; readonly remedy: string } {
  const go = Bun.which("go");
  if (go === null)
    return {
      problem: "The checker is written in Go, and there is no Go here.",
      remedy: "Install Go 1.24 or newer, or check the history on a machine that has it.",
    };
  const program = join(artifacts, "checker", "checker");
  mkdirSync(join(artifacts, "checker"), { recursive: true });
  const built = Bun.spawnSync([go, "build", "-buildvcs=false", "-trimpath", "-o", program, "."], {
    cwd: folder,
  });
  if (built.exitCode === 0 && existsSync(program)) return program;
  return {
    problem: `The checker could not be built: ${built.stderr.toString().trim().split("\n").slice(0, 5).join(" ")}`,
    remedy: "Go fetches Porcupine from the module proxy at the first build; run it once with a network.",
  };
}
