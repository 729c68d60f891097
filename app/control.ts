// How one verb of ./banyan speaks with a server that runs: HTTP with JSON over a Unix socket in the private folder
// of the data directory, so that only the user who runs the server can.

import { chmodSync, existsSync, mkdirSync, realpathSync, rmSync } from "node:fs";
import { join } from "node:path";
import { socketFolderFor } from "#adapters/postgres/embedded/socket-folder.ts";
import { StartProblem } from "#app/start-problem.ts";

export type ControlActions = Readonly<Record<string, (body: any) => unknown>>;

function controlSocket(dataDir: string): string {
  return join(socketFolderFor(realpathSync(dataDir)), "control");
}

/** Call it with the data directory's lock held. */
export function hearControl(dataDir: string, actions: ControlActions): { close(): void } {
  const path = controlSocket(dataDir);
  const folder = join(path, "..");
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
  rmSync(path, { force: true });
  const server = Bun.serve({
    unix: path,
    async fetch(request, on) {
      // Moving takes longer than a web page.
      on.timeout(request, 0);
      const action = actions[new URL(request.url).pathname.slice(1)];
      if (!action || request.method !== "POST") return new Response("no such action", { status: 404 });
      try {
        return Response.json((await action(await request.json())) ?? {});
      } catch (error) {
        return new Response(error instanceof Error ? error.message : String(error), { status: 500 });
      }
    },
  });
  chmodSync(path, 0o600);
  return {
    close() {
      void server.stop(true);
      rmSync(path, { force: true });
    },
  };
}

/** Asks the running server; rejects with what it says, or with a StartProblem when none runs. */
export async function askControl(dataDir: string, action: string, body: unknown = {}): Promise<any> {
  const answer = await post(dataDir, action, body).catch(() => {
    throw new StartProblem(
      `No server answers for the data directory ${dataDir}.`,
      "Start it with ./banyan serve: an installation is moved while it runs.",
    );
  });
  if (!answer.ok) throw new Error(`The server refused to ${action}: ${await answer.text()}`);
  return answer.json();
}

function post(dataDir: string, action: string, body: unknown): Promise<Response> {
  return fetch(`http://banyan/${action}`, {
    unix: controlSocket(dataDir),
    method: "POST",
    body: JSON.stringify(body),
  });
}
