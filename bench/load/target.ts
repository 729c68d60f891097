// The server under load: found by its URL, started for the run, or a cluster of `./banyan cluster`. What is known of
// it beyond its URL (processes, database, ways to break it) depends on which.

import type { SQL } from "bun";
import { protocolVersion } from "#protocol/frames.ts";
import { ask, codeOf } from "./api-client.ts";
import type { Address } from "./job.ts";
import { LoadProblem } from "./load-problem.ts";
import type { FaultName } from "./profile.ts";
import type { MetricsAt, ServerWatch } from "./server-watch.ts";

export interface LoadTarget {
  /** Without a slash at the end; where HTTP goes. */
  readonly url: string;
  readonly doors: readonly Address[];
  readonly topology: string;
  readonly watch: ServerWatch;
  readonly metrics: MetricsAt;
  /** Opens its database, where people may be put there directly. */
  readonly database: (() => SQL) | null;
  /** Breaks it in that way, and mends it; fulfils when it is whole again. */
  readonly faults: Partial<Record<FaultName, () => Promise<void>>>;
  stop(): Promise<void>;
}

export interface ServerAbout {
  readonly version: string;
  /** What the generator can do there, beside what every Banyan can. */
  readonly abilities: readonly string[];
  readonly leftOut: readonly string[];
}

/** Throws what a person can mend where this is no Banyan that we can speak to. */
export async function lookAt(url: string, mayLogIn: boolean): Promise<ServerAbout> {
  const about = await ask(`${url}/v1/server`, null, "GET", undefined, 5_000);
  if (about.status === 0)
    throw new LoadProblem(
      `Nobody answers at ${url} (${codeOf(about)}).`,
      /cert|self.signed|verify/i.test(codeOf(about))
        ? "Give the name that its certificate has, or --insecure."
        : "Check the URL; ./banyan serve prints its own. Without --url a server is started for the run.",
    );
  const info = about.body as { version?: string; protocolVersions?: number[] } | null;
  if (!about.ok || !info?.protocolVersions)
    throw new LoadProblem(
      `What answers at ${url} is not Banyan (HTTP ${about.status}).`,
      "Give the URL without a path.",
    );
  if (!info.protocolVersions.includes(protocolVersion))
    throw new LoadProblem(
      `That server speaks the wire's version ${info.protocolVersions.join(", ")}, this generator ${protocolVersion}.`,
      "Run the ./banyan load of its release.",
    );
  const document = await ask(`${url}/v1/openapi.json`, null);
  const paths = Object.keys((document.body as { paths?: object } | null)?.paths ?? {});
  const leftOut: string[] = [];
  const abilities = [
    "switch",
    "openDirect",
    "scroll",
    "react",
    "edit",
    "delete",
    "userSearch",
    "join",
    "typing",
    "look",
    "reload",
  ];
  if (paths.includes("/v1/search")) abilities.push("search");
  else leftOut.push("message search (the API has none)");
  leftOut.push("files and a view of threads (the API has neither)");
  if (mayLogIn) abilities.push("logIn");
  else leftOut.push("log-in (people put into a database have no passwords)");
  return { version: info.version ?? "unknown", abilities, leftOut };
}

/** A server on this machine is reached over several addresses, where it listens on them: each has 28,000 ports. */
export async function doorsOf(url: string, isInsecure: boolean): Promise<Address[]> {
  const { hostname, port, protocol } = new URL(url);
  const isTls = protocol === "https:";
  const first = {
    host: hostname,
    port: Number(port || (isTls ? 443 : 80)),
    ...(isTls && { tls: { rejectUnauthorized: !isInsecure } }),
  };
  // A certificate names one address.
  if (isTls || (hostname !== "127.0.0.1" && hostname !== "localhost")) return [first];
  const doors = [{ ...first, host: "127.0.0.1" }];
  for (let last = 2; last <= 8; last++) {
    const host = `127.0.0.${last}`;
    const answer = await ask(`http://${host}:${first.port}/v1/server`, null, "GET", undefined, 1_000);
    if (!answer.ok) break;
    doors.push({ ...first, host });
  }
  return doors;
}
