// The two databases of a move and who may do what there: the embedded one over its private socket, the cluster's as
// its administrator.

import { realpathSync } from "node:fs";
import { type Link, linkTo } from "#adapters/postgres/copying/link.ts";
import { copyName } from "#adapters/postgres/copying/publication.ts";
import { superuser } from "#adapters/postgres/embedded/cluster-files.ts";
import { demandNoPassword, demandPassword } from "#adapters/postgres/embedded/login.ts";
import { socketFolderFor, socketPath } from "#adapters/postgres/embedded/socket-folder.ts";
import { type Bridge, openBridge } from "./bridge.ts";
import type { MoveState } from "./state.ts";

export interface Parties {
  readonly source: Link;
  readonly target: Link;
  /** How the taker reaches the giver; holds a password. */
  readonly connection: string;
  close(): Promise<void>;
}

export function embeddedTarget(dataDir: string) {
  return { socketDir: socketFolderFor(realpathSync(dataDir)), username: superuser, database: "postgres" };
}

export async function meet(dataDir: string, state: MoveState): Promise<Parties> {
  const embedded = linkTo(embeddedTarget(dataDir));
  const cluster = linkTo({ url: state.adminUrl });
  const [source, target] = state.direction === "to" ? [embedded, cluster] : [cluster, embedded];
  const bridge = state.bridge && state.phase !== "done" ? await bridgeTo(dataDir, state.bridge) : null;
  return {
    source,
    target,
    connection: bridge ? overBridge(state.bridge!, bridge) : state.adminUrl,
    async close() {
      bridge?.close();
      await Promise.all([source.close(), target.close()]);
    },
  };
}

function bridgeTo(dataDir: string, wish: NonNullable<MoveState["bridge"]>): Promise<Bridge> {
  return openBridge(addressOf(wish.listen), socketPath(embeddedTarget(dataDir).socketDir), copyName);
}

function overBridge(wish: NonNullable<MoveState["bridge"]>, bridge: Bridge): string {
  const { host, port } = addressOf(wish.seenAs);
  const at = `host=${host} port=${port || bridge.port}`;
  return `${at} user=${copyName} password=${wish.password} dbname=postgres application_name=${copyName}`;
}

export function addressOf(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(":");
  return { host: text.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(text.slice(colon + 1)) };
}

export async function lockLogin(dataDir: string, source: Link): Promise<void> {
  demandPassword(dataDir, copyName);
  await source.ask("select pg_reload_conf()");
}

export async function unlockLogin(dataDir: string, source: Link): Promise<void> {
  demandNoPassword(dataDir, copyName);
  await source.ask("select pg_reload_conf()");
}
