// What ./banyan can do: a name, a line for the list, and the file that knows how.

import type { Command } from "commander";

export interface Verb {
  readonly name: string;
  readonly line: string;
  /** Works on the sources, so a single-file executable does not have it. */
  readonly needsSources?: true;
  load(): Promise<{ define(command: Command): void }>;
}

export const verbs: readonly Verb[] = [
  {
    name: "serve",
    line: "Start the server; prints its URL when it is ready.",
    load: () => import("#ops/serve.ts"),
  },
  {
    name: "doctor",
    line: "Look at this machine and say what would hinder Banyan.",
    load: () => import("#ops/doctor.ts"),
  },
  {
    name: "balancer-config",
    line: "Print HAProxy's configuration for the given processes.",
    load: () => import("#ops/balancer-config.ts"),
  },
  {
    name: "migrate",
    line: "Move a living installation to a cluster, or back, while people chat.",
    load: () => import("#ops/migrate.ts"),
  },
  {
    name: "cluster",
    needsSources: true,
    line: "Bring a whole cluster up on this machine, look at it, end it.",
    load: () => import("#ops/cluster.ts"),
  },
  {
    name: "drill",
    needsSources: true,
    line: "Break a cluster of its own under load, and print what people lost.",
    load: () => import("#ops/drill.ts"),
  },
  {
    name: "dead-letters",
    line: "List, retry or drop events that a consumer could not handle.",
    load: () => import("#ops/dead-letters.ts"),
  },
  {
    name: "test",
    needsSources: true,
    line: "Run all test suites, or the named ones.",
    load: () => import("#ops/test.ts"),
  },
  {
    name: "check",
    needsSources: true,
    line: "Types, lint, format and the rules of the house.",
    load: () => import("#ops/check.ts"),
  },
  {
    name: "docs",
    needsSources: true,
    line: "Write docs/generated/ anew from the code.",
    load: () => import("#ops/docs.ts"),
  },
  {
    name: "bench",
    needsSources: true,
    line: "Measure, and add the figures to bench/history.ndjson.",
    load: () => import("#ops/bench.ts"),
  },
  {
    name: "load",
    needsSources: true,
    line: "Put simulated people on a Banyan; what they wait for, and whether they miss anything.",
    load: () => import("#ops/load.ts"),
  },
  {
    name: "build-web",
    needsSources: true,
    line: "Build the web client into .artifacts/web.",
    load: () => import("#ops/build-web.ts"),
  },
  {
    name: "build-sdk",
    needsSources: true,
    line: "Bundle the client library with its type declarations.",
    load: () => import("#ops/build-sdk.ts"),
  },
  {
    name: "compile",
    needsSources: true,
    line: "Make one executable file of it all, PostgreSQL included.",
    load: () => import("#ops/compile.ts"),
  },
];
