// What must not stand in a source, by where it stands: the environment, pauses in tests, hosts of registries, paths
// of a machine; and how long a file may be.

import type { SourceFile } from "#tests/house-rules/house.ts";
import { lineAt } from "#tests/house-rules/scan.ts";

const environment = /\b(process\.env|Bun\.env|import\.meta\.env)\b/g;
/** config reads it; the rest hand it on, whole, to programs that they start. */
const mayHandOn = /^(app\/config\.ts$|ops\/test\/|tests\/|bench\/|adapters\/postgres\/embedded\/)/;

export function environmentProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !mayHandOn.test(file.path))
    .flatMap((file) =>
      places(file.path, file.codeOnly, environment).map(
        (at) =>
          `${at} reads the environment: add an option to app/config/options.ts and take its value from the configuration.`,
      ),
    );
}

const pauses = [
  /\bBun\.sleep(Sync)?\b/g,
  /["'](node:)?timers\/promises["']/g,
  /new Promise(<[^>]*>)?\(\s*\(?\s*(\w+)[^)=]*\)?\s*=>\s*\{?\s*(return\s+)?(void\s+)?setTimeout\(\s*(\2\b|\(\)\s*=>\s*\2\()/g,
  /\bpromisify\(\s*setTimeout/g,
  /\bpage\.waitForTimeout\b/g,
];

/** Looking again and again until something is true, with a deadline, is no sleep; it stands in a file until.ts. */
const mayPause = /^tests\/(house-rules\/|([\w-]+\/)?until\.ts$)/;

export function pauseProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => file.path.startsWith("tests/") && !mayPause.test(file.path))
    .flatMap((file) =>
      pauses
        .flatMap((pause) => places(file.path, file.withoutComments, pause))
        .map(
          (at) =>
            `${at} pauses: wait for the event or the state itself, with a deadline, or move the time by hand.`,
        ),
    );
}

const registries = /\b(registry|artifactory|nexus)\.[\w-]+\.\w+|https?:\/\/[^\s"'`)]*\/(npm|pypi|simple)\//gi;
const machinePaths = /(^|[\s"'`(=:])\/(work|root|home\/\w+|Users\/\w+)\//g;

/** For every text file. A lock file names where packages come from by its nature; it must say the public place. */
export function placeProblems(files: readonly { path: string; text: string }[]): string[] {
  return files
    .filter((file) => file.path !== "package-lock.json" && !file.path.startsWith("tests/house-rules/"))
    .flatMap((file) => [
      ...places(file.path, file.text, registries).map(
        (at) => `${at} names a registry: leave that to npm's own settings.`,
      ),
      ...places(file.path, file.text, machinePaths).map(
        (at) => `${at} names a path of one machine: make it relative.`,
      ),
    ]);
}

const linesMax = 400;

export function lengthProblems(files: readonly SourceFile[]): string[] {
  return files
    .map((file) => ({ path: file.path, lines: file.text.trimEnd().split("\n").length }))
    .filter(({ lines }) => lines > linesMax)
    .map(
      ({ path, lines }) =>
        `${path} has ${lines} lines: a second thing has moved in; give it a file (at most ${linesMax}).`,
    );
}

const kebab = /^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.d)?\.(ts|tsx|mjs)$/;

export function nameProblems(paths: readonly string[]): string[] {
  return paths
    .filter((path) => /\.(ts|tsx|mjs|js|jsx)$/.test(path) && !kebab.test(path.split("/").at(-1)!))
    .map((path) => `${path}: a file is named in kebab-case for its one thing, and is .ts, .tsx or .mjs.`);
}

/** A file opens with what it is for. */
export function openingProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !/^(#!.*\n)?\s*(\/\/|\/\*)/.test(file.text))
    .map(
      (file) =>
        `${file.path} does not open with a comment: say in 1 - 5 lines what it is for and what it promises.`,
    );
}

const forwarding = /^export\s+(default\b|\*|(type\s+)?\{[^}]*\}\s*from\b)/gm;

/** Exports have names, and are imported from the file that makes them; only a package for others has a face. */
export function exportProblems(files: readonly SourceFile[]): string[] {
  return files
    .filter((file) => !file.path.startsWith("sdk/package/"))
    .flatMap((file) => places(file.path, file.codeOnly, forwarding))
    .map(
      (at) =>
        `${at} exports without a name or from elsewhere: name it, import it from the file that makes it.`,
    );
}

function places(path: string, text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((found) => `${path}:${lineAt(text, found.index)}`);
}
