// What operators' tools ask: is it alive, is it ready, and the metrics. Outside /v1, because they are nobody's API.

import { isLoopback } from "#app/loopback.ts";

export interface Operations {
  /** null: ready; else why not, for the person who reads the answer. */
  notReadyBecause(): string | null;
  readonly metrics: null | { text(): Promise<string>; readonly token: string | null };
}

/** null: the path is not one of these. `peer` is the address of the socket, not what a header says. */
export function operationsRoutes(operations: Operations) {
  return (request: Request, path: string, peer: string): Promise<Response> | Response | null => {
    if (path === "/health/live") return plain(200, "alive");
    if (path === "/health/ready") {
      const why = operations.notReadyBecause();
      return why === null ? plain(200, "ready") : plain(503, why);
    }
    if (path !== "/metrics" || operations.metrics === null) return null;
    return metrics(operations.metrics, request, peer);
  };
}

async function metrics(
  { text, token }: NonNullable<Operations["metrics"]>,
  request: Request,
  peer: string,
): Promise<Response> {
  if (token === null ? !isDirectlyLocal(request, peer) : !bears(request, token))
    return plain(403, token === null ? "from this machine only; set --metrics-token" : "wrong bearer token");
  return new Response(await text(), {
    headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8", "cache-control": "no-store" },
  });
}

/** A proxy on this machine would make everybody local, so a forwarded request does not count. */
function isDirectlyLocal(request: Request, peer: string): boolean {
  return isLoopback(peer) && !request.headers.has("x-forwarded-for") && !request.headers.has("forwarded");
}

function bears(request: Request, token: string): boolean {
  const given = new TextEncoder().encode(request.headers.get("authorization") ?? "");
  const wanted = new TextEncoder().encode(`Bearer ${token}`);
  return given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
}

function plain(status: number, text: string): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}
