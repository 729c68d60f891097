// Bun's WebSocket server passes the contract suite of sockets, with real clients on the loopback.

import { createBunSockets } from "#adapters/bun/sockets.ts";
import { socketsContract } from "./sockets.ts";

socketsContract("of Bun", async (handler, limits) => {
  const sockets = createBunSockets(() => handler, { ...limits, frameBytesMax: 64 * 1024 });
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    websocket: sockets.websocket,
    fetch: (request, on) => {
      const subprotocol = request.headers.get("sec-websocket-protocol") ?? "";
      const upgrade = { subprotocol, remoteAddress: "127.0.0.1", cookieToken: null };
      const isUpgraded = sockets.upgrade(on as never, request, upgrade);
      return isUpgraded ? undefined : new Response("not a handshake", { status: 400 });
    },
  });
  sockets.attach(server as never);
  return { sockets, url: `ws://127.0.0.1:${server.port}/socket`, close: () => server.stop(true) };
});
