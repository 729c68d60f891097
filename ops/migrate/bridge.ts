// A way from TCP to the embedded PostgreSQL's private Unix socket, open while a copy is made. It lets one login
// through, which PostgreSQL then asks for its password; what else knocks is cut off. It adds no encryption: across
// hosts it stands behind an SSH or VPN tunnel (docs/guides/moving-to-a-cluster.md).

import { createConnection, createServer, type Server, type Socket } from "node:net";
import { StartProblem } from "#app/start-problem.ts";

export interface Bridge {
  readonly port: number;
  close(): void;
}

const startBytesMax = 4096;
const startWithinMs = 10_000;
// Codes of PostgreSQL's first message (its documentation, "Message Formats").
const protocolThree = 196608;
const encryptionRequests = [80877103, 80877104];

export function openBridge(
  listen: { host: string; port: number },
  socketPath: string,
  login: string,
): Promise<Bridge> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.on("close", () => open.delete(client));
    client.on("error", () => client.destroy());
    admit(client, login, (start) => pass(client, socketPath, start));
  });
  const opened = Promise.withResolvers<Bridge>();
  server.once("error", (error: NodeJS.ErrnoException) => opened.reject(cannotListen(error, listen)));
  server.listen(listen.port, listen.host, () =>
    opened.resolve({ port: portOf(server), close: () => close(server, open) }),
  );
  return opened.promise;
}

function close(server: Server, open: ReadonlySet<Socket>): void {
  server.close();
  for (const client of open) client.destroy();
}

/** Reads the first message; `then` gets it when it names `login`. */
function admit(client: Socket, login: string, then: (start: Buffer) => void): void {
  let read = Buffer.alloc(0);
  const late = setTimeout(() => client.destroy(), startWithinMs);
  client.on("close", () => clearTimeout(late));
  const onData = (bytes: Buffer) => {
    read = Buffer.concat([read, bytes]);
    if (read.length < 8) return;
    const length = read.readInt32BE(0);
    const code = read.readInt32BE(4);
    if (length === 8 && encryptionRequests.includes(code)) {
      read = read.subarray(8);
      client.write("N");
      if (read.length === 0) return;
    }
    if (length > startBytesMax || read.length > startBytesMax) return void client.destroy();
    if (read.length < length) return;
    if (code !== protocolThree || userIn(read.subarray(8, length)) !== login) return void client.destroy();
    clearTimeout(late);
    client.pause();
    client.off("data", onData);
    then(read);
  };
  client.on("data", onData);
}

/** name\0value\0 ... \0 */
function userIn(parameters: Buffer): string | undefined {
  const words = parameters.toString("utf8").split("\0");
  return words[words.findIndex((word, i) => i % 2 === 0 && word === "user") + 1];
}

function pass(client: Socket, socketPath: string, start: Buffer): void {
  const server = createConnection(socketPath);
  server.on("error", () => client.destroy());
  client.on("close", () => server.destroy());
  server.on("close", () => client.destroy());
  server.write(start);
  client.pipe(server);
  server.pipe(client);
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === "object" && address ? address.port : 0;
}

function cannotListen(error: NodeJS.ErrnoException, at: { host: string; port: number }): StartProblem {
  return new StartProblem(
    `The bridge cannot listen on ${at.host}:${at.port} (${error.code ?? error.message}).`,
    "Choose another place with --bridge <address:port>.",
  );
}
