// The links and the file names in *.md: what they point at exists.

import { posix } from "node:path";

interface Page {
  readonly path: string;
  readonly text: string;
}

export function linkProblems(pages: readonly Page[], paths: ReadonlySet<string>): string[] {
  const anchors = new Map(pages.map((page) => [page.path, anchorsOf(page.text)]));
  return pages.flatMap((page) =>
    [...withoutCode(page.text).matchAll(/\]\(([^)\s]+)(?:\s+"[^"]*")?\)/g)]
      .map((found) => found[1]!)
      .filter((target) => !/^[a-z]+:/i.test(target))
      .filter((target) => !exists(page.path, target, paths, anchors))
      .map((target) => `${page.path} links to ${target}, which does not exist: correct the link.`),
  );
}

/** `core/messages/decide.ts` in a text: a name with a room of the house in front, or a folder of it. */
export function fileNameProblems(pages: readonly Page[], paths: ReadonlySet<string>): string[] {
  const rooms = new Set([...paths].filter((path) => path.includes("/")).map((path) => path.split("/")[0]!));
  return pages.flatMap((page) =>
    [...page.text.matchAll(/(?<![\w/.@#-])#?([a-z][\w-]*(?:\/[\w.*<>{},-]+)*\/[\w.*<>{},-]*)/g)]
      .map((found) => found[1]!.replace(/[.,]+$/, ""))
      .filter((name) => rooms.has(name.split("/")[0]!) && !/[*<>{}]|\.\.\.|\/x$/.test(name)) // patterns, and "any of them" (adapters/x)
      .filter((name) => !isThere(name, paths))
      .map((name) => `${page.path} names ${name}, which does not exist: correct the name.`),
  );
}

/** With or without its ending; a folder by the files in it. */
function isThere(name: string, paths: ReadonlySet<string>): boolean {
  const bare = name.replace(/\/$/, "");
  if ([bare, `${bare}.ts`, `${bare}.tsx`, `${bare}.md`].some((path) => paths.has(path))) return true;
  return [...paths].some((path) => path.startsWith(`${bare}/`));
}

function exists(
  from: string,
  target: string,
  paths: ReadonlySet<string>,
  anchors: ReadonlyMap<string, ReadonlySet<string>>,
): boolean {
  const [file, anchor] = target.split("#") as [string, string?];
  const path = file === "" ? from : posix.join(posix.dirname(from), decodeURI(file)).replace(/\/$/, "");
  if (!isThere(path, paths) && path !== ".") return false;
  return anchor === undefined || !path.endsWith(".md") || (anchors.get(path)?.has(anchor) ?? false);
}

function anchorsOf(text: string): Set<string> {
  const headings = [...withoutCode(text).matchAll(/^#{1,6}\s+(.+)$/gm)].map((found) => found[1]!);
  return new Set(
    headings.map((heading) =>
      heading
        .replace(/[`*_]/g, "")
        .toLowerCase()
        .replace(/[^\p{L}\p{N}\s-]/gu, "")
        .trim()
        .replace(/\s/g, "-"),
    ),
  );
}

function withoutCode(text: string): string {
  return text
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, (code) => (code.includes("](") ? "" : code));
}
