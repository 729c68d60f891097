// A door in front of a server, as a balancer is: new connections go to where it points now, those that exist stay
// where they are until they are cut.

import type { AddressInfo } from "node:net";
import { connect, createServer, type Socket } from "node:net";

export interface TcpFront {
  readonly port: number;
  /** Null: new connections are refused. */
  pointTo(port: number | null): void;
  cut(): void;
  close(): Promise<void>;
}

export async function openFront(first: number): Promise<TcpFront> {
  let target: number | null = first;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    if (target === null) return void client.resetAndDestroy();
    const behind = connect({ host: "127.0.0.1", port: target });
    for (const [socket, other] of [
      [client, behind],
      [behind, client],
    ] as const) {
      sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
    client.pipe(behind);
    behind.pipe(client);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const cut = () => {
    for (const socket of [...sockets]) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    pointTo: (port) => {
      target = port;
    },
    cut,
    close: () => {
      cut();
      return new Promise((done) => server.close(() => done()));
    },
  };
}
