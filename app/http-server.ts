// The one listener of a process: WebSockets to the gateway, /v1 to the API, operators' paths, and the web client
// for everything else.

import type { Server } from "bun";
import type { BunSockets } from "#adapters/bun/sockets.ts";
import { knowPeers, type Peers } from "#app/client-address.ts";
import type { Config } from "#app/config.ts";
import { listenProblem } from "#app/listen-problem.ts";
import { isOwnOrigin } from "#core/accounts/origin.ts";
import { sessionCookie } from "#core/accounts/token.ts";
import { chooseSubprotocol } from "#protocol/codecs.ts";
import { subprotocols } from "#protocol/frames.ts";

type Answer = Response | Promise<Response>;

export interface Routes {
  readonly sockets: BunSockets;
  /** null: this process has another role. */
  readonly api:
    | null
    | ((request: Request, info: { readonly remoteAddress: string; readonly secure: boolean }) => Answer);
  readonly operations: (request: Request, path: string, peer: string) => Answer | null;
  readonly web: null | ((path: string, headers: Headers) => Answer | null);
  /** null: a further WebSocket may be opened; else why not. */
  readonly refuseSocket: () => string | null;
  /** 0: this address may open one more; else the milliseconds to wait. */
  readonly socketAttempt: (address: string) => number | Promise<number>;
}

export interface HttpServer {
  readonly url: string;
  /** Leaves new connections to the others who share the port; those that are there go on. */
  takeNoMore(): void;
  /** Fulfils when no request of the API is under way, or after a second or two. */
  idle(hurry: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

/** A handshake or request that is not complete by then is given up. */
const requestIdleSeconds = 20;
const idleWithinMs = 2_000;

export function startHttpServer(config: Config, routes: Routes): HttpServer {
  const peers = knowPeers(config.trustedProxies);
  try {
    const server = Bun.serve({
      hostname: config.host,
      port: config.port,
      ...(config.reusePort ? { reusePort: true } : {}),
      idleTimeout: requestIdleSeconds,
      ...(config.tls ? { tls: config.tls } : {}),
      websocket: routes.sockets.websocket,
      fetch: (request, on) => route(config, peers, routes, request, on),
    });
    routes.sockets.attach(server as never);
    const scheme = config.tls ? "https" : "http";
    return {
      url: `${scheme}://${shownHost(config.host)}:${server.port}`,
      takeNoMore: () => void server.stop(),
      async idle(hurry) {
        const until = performance.now() + idleWithinMs;
        while (server.pendingRequests > 0 && performance.now() < until && !hurry.aborted) await Bun.sleep(10);
      },
      stop: () => server.stop(true),
    };
  } catch (error) {
    throw listenProblem(error, config.host, config.port);
  }
}

function route(
  config: Config,
  peers: Peers,
  routes: Routes,
  request: Request,
  on: Server<never>,
): Answer | undefined {
  const path = pathOf(request.url);
  const asker = new Asker(config, peers, request, on);
  if (path === "/v1/socket") return openSocket(config, routes, request, on, asker.remoteAddress);
  if (routes.api && (path === "/v1" || path.startsWith("/v1/"))) return routes.api(request, asker);
  return (
    routes.operations(request, path, asker.peer) ??
    routes.web?.(path, request.headers) ??
    new Response("Not found\n", { status: 404 })
  );
}

/** Looked up when it matters: a request with a session is counted by that. */
class Asker {
  readonly #config: Config;
  readonly #peers: Peers;
  readonly #request: Request;
  readonly #on: Server<never>;

  constructor(config: Config, peers: Peers, request: Request, on: Server<never>) {
    this.#config = config;
    this.#peers = peers;
    this.#request = request;
    this.#on = on;
  }

  /** "" where the connection has ended meanwhile: all of these count as one. */
  get peer(): string {
    return this.#on.requestIP(this.#request)?.address ?? "";
  }

  get remoteAddress(): string {
    return this.#peers.clientAddress(this.#request.headers, this.peer);
  }

  get secure(): boolean {
    return this.#config.tls !== null || this.#peers.isForwardedSecurely(this.#request.headers, this.peer);
  }
}

function openSocket(
  config: Config,
  routes: Routes,
  request: Request,
  on: Server<never>,
  remoteAddress: string,
): Answer | undefined {
  if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    return plain(426, "This path speaks WebSocket; see protocol/SPEC.md.", { upgrade: "websocket" });
  }
  const subprotocol = chooseSubprotocol(request.headers.get("sec-websocket-protocol"));
  if (!subprotocol) return plain(400, `Offer one of the subprotocols ${subprotocols.join(", ")}.`);
  const why = routes.refuseSocket();
  if (why) return plain(503, why, { "retry-after": "5" });
  const upgrade = { subprotocol, remoteAddress, cookieToken: cookieToken(config, request) };
  const opened = (waitMs: number): Response | undefined => {
    if (waitMs > 0)
      return plain(429, "Too many attempts.", { "retry-after": String(Math.ceil(waitMs / 1000)) });
    if (routes.sockets.upgrade(on as never, request, upgrade)) return undefined;
    return plain(400, "Not a WebSocket handshake.");
  };
  const waitMs = routes.socketAttempt(remoteAddress);
  return typeof waitMs === "number" ? opened(waitMs) : (waitMs.then(opened) as Promise<Response>);
}

/** A cookie counts only when the page that opened the socket is our own (no cross-site WebSocket hijacking). */
function cookieToken(config: Config, request: Request): string | null {
  const cookies = request.headers.get("cookie");
  if (!cookies) return null;
  const { headers } = request;
  if (!isOwnOrigin(headers.get("origin"), headers.get("host"), config.publicUrl)) return null;
  return new Bun.CookieMap(cookies).get(sessionCookie);
}

function pathOf(url: string): string {
  const start = url.indexOf("/", url.indexOf("://") + 3);
  const end = url.indexOf("?", start);
  return end < 0 ? url.slice(start) : url.slice(start, end);
}

function shownHost(host: string): string {
  if (host === "0.0.0.0" || host === "::") return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

function plain(status: number, text: string, headers: Record<string, string> = {}): Response {
  return new Response(`${text}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", ...headers },
  });
}
