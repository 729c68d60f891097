// Bytes of TCP payload, WebSocket framing included: for one delivered message, its send, its ack, and a heartbeat.
// One message at a time, so that nothing is gathered: the most that a delivery can cost.

import { gather } from "#bench/driver/crowd.ts";
import { type Dialect, textBytes } from "#bench/driver/dialect.ts";
import { banyanBinary, banyanJson } from "#bench/driver/dialect-banyan.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { besideBanyan } from "#bench/targets/target.ts";

const messages = 50;
const heartbeatsPerHour = 120;

export const wireJourney: Journey = {
  name: "wire",
  title: "bytes on the wire",
  targets: ["banyan", ...besideBanyan],
  async run(scene) {
    const server = await scene.start();
    if (scene.target.role !== "ours")
      return measure(scene, server.port, "own", scene.target.dialect(scene.seed));
    return {
      ...(await measure(scene, server.port, "binary", banyanBinary(scene.seed))),
      ...(await measure(scene, server.port, "json", banyanJson(scene.seed + 1))),
    };
  },
};

async function measure(scene: Scene, port: number, codec: string, dialect: Dialect): Promise<Figures> {
  const place = scene.target.place("pair", 0);
  let acked = 0;
  const ear = {
    acked: () => {
      acked++;
    },
    refused: (_: unknown, __: unknown, code: string) => scene.warn(`wire: a message was refused: ${code}`),
    delivered: (link: { deliveries: number }, count: number) => {
      link.deliveries += count;
    },
    saw() {},
  };
  const seats = [scene.target.seat(0, [place]), scene.target.seat(1, [place])];
  const crowd = await gather({ port, dialect, seats, ear, heartbeats: false });
  try {
    const [sender, reader] = crowd.links as [(typeof crowd.links)[0], (typeof crowd.links)[0]];
    const before = { in: reader.bytesIn, acks: sender.bytesIn, out: sender.bytesOut };
    for (let i = 1; i <= messages; i++) {
      dialect.send(sender, place, i);
      await until(() => reader.deliveries >= i && acked >= i);
    }
    const figures = {
      [`wire.${codec}.deliveryBytes`]: (reader.bytesIn - before.in) / messages - textBytes,
      [`wire.${codec}.sendBytes`]: (sender.bytesOut - before.out) / messages - textBytes,
      [`wire.${codec}.ackBytes`]: (sender.bytesIn - before.acks) / messages,
    };
    // What keeps a session of a peer, and who begins, is another thing with each.
    if (codec === "own") return figures;
    const after = reader.bytesIn;
    // The first heartbeat after news carries heads; an idle hour is made of the ones after it.
    dialect.heartbeat(reader);
    await until(() => reader.bytesIn > after);
    const beat = { in: reader.bytesIn, out: reader.bytesOut };
    dialect.heartbeat(reader);
    await until(() => reader.bytesIn > beat.in);
    return {
      ...figures,
      [`wire.${codec}.idleBytesPerHour`]:
        (reader.bytesIn - beat.in + reader.bytesOut - beat.out) * heartbeatsPerHour,
    };
  } finally {
    crowd.close();
  }
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error("a message or an answer did not come within 5 s");
    await Bun.sleep(1);
  }
}
