// NATS, core and with JetStream: a bus, no chat server, so a limit. What it keeps is not flushed when it acknowledges.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nats } from "#bench/driver/dialect-nats.ts";
import { filled, installPeers, saidVersion, shown } from "./files.ts";
import { crowdPlaces } from "./peer-places.ts";
import { running, startPeer } from "./peer-process.ts";
import { freePort, type StartOptions, type Target } from "./target.ts";

const program = join(import.meta.dir, "../../.artifacts/parts/bin/nats-server");
const stream = {
  name: "BENCH",
  subjects: ["pair.*", "room.*", "largeRoom.*"],
  storage: "file",
  num_replicas: 1,
  retention: "limits",
};

const common = {
  role: "limit",
  version: () => saidVersion([program, "--version"]),
  missing: () => (existsSync(program) ? null : `nats-server is not here: ${installPeers}`),
  place: (kind, n) => `${kind}.${n}`,
  seat: (_, places) => ({ token: "", places }),
  crowd: (count) =>
    crowdPlaces(count).map((places) => ({ token: "", places: places.map((n) => `crowd.${n}`) })),
} satisfies Partial<Target>;

export const natsTarget: Target = {
  ...common,
  name: "nats",
  title: "NATS core",
  promise: "acknowledged when the server has it; nothing is kept",
  configuration: () => [
    ...shown("bench/peers/nats/nats.conf"),
    {
      title: "how it is used",
      text: "TCP, verbose mode: +OK acknowledges a publish. An idle session has 50 subscriptions.",
    },
  ],
  dialect: () => nats({ isJetStream: false }),
  start: async (options) => {
    const { port, child } = await startServer("bench/peers/nats/nats.conf", options);
    return running(port, child);
  },
};

export const jetStreamTarget: Target = {
  ...common,
  name: "jetstream",
  title: "NATS JetStream",
  promise: "acknowledged when the stream has written it to its file, which it flushes every two minutes",
  configuration: () => [
    ...shown("bench/peers/nats/jetstream.conf"),
    { title: "the stream", text: JSON.stringify(stream) },
    {
      title: "how it is used",
      text: "TCP; the stream's acknowledgement is awaited; readers are core subscribers, without a consumer each.",
    },
  ],
  dialect: () => nats({ isJetStream: true }),
  async start(options) {
    rmSync(join(options.folder, "jetstream"), { recursive: true, force: true });
    const { port, monitorPort, child } = await startServer("bench/peers/nats/jetstream.conf", options);
    await request(port, `$JS.API.STREAM.CREATE.${stream.name}`, JSON.stringify(stream));
    const archived = async () => {
      const said = await (await fetch(`http://127.0.0.1:${monitorPort}/jsz?streams=true`)).json();
      return (said as Jsz).account_details[0]!.stream_detail[0]!.state.messages;
    };
    return running(port, child, null, { archived });
  },
};

interface Jsz {
  readonly account_details: readonly { stream_detail: readonly { state: { messages: number } }[] }[];
}

async function startServer(template: string, { cores, folder }: StartOptions) {
  mkdirSync(folder, { recursive: true });
  const [port, monitorPort] = [await freePort(), await freePort()];
  const configuration = join(folder, "nats.conf");
  writeFileSync(configuration, filled(template, { port, monitorPort, folder: join(folder, "jetstream") }));
  const command = [program, "-c", configuration];
  const child = await startPeer({ command, cores, log: join(folder, "nats.log"), port });
  return { port, monitorPort, child };
}

/** One request over a connection of its own; throws when the answer is an error or does not come. */
async function request(port: number, subject: string, body: string): Promise<void> {
  const answer = Promise.withResolvers<void>();
  let said = "";
  const socket = await Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      data(_, chunk) {
        said += chunk.toString("latin1");
        if (/"error"|^-ERR/m.test(said)) answer.reject(new Error(`NATS refused ${subject}: ${said}`));
        else if (/^MSG .*\r\n.*\r\n/m.test(said)) answer.resolve();
      },
      close: () => answer.reject(new Error(`NATS closed at ${subject}: ${said}`)),
    },
  });
  socket.write(
    `CONNECT {"verbose":false,"pedantic":false}\r\nSUB answer 1\r\nPUB ${subject} answer ${body.length}\r\n${body}\r\n`,
  );
  await answer.promise;
  socket.terminate();
}
