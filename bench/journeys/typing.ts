// Fifty people type at once: in a room of 100 where everybody looks on, and in one of 1,000, where the wire has nobody
// told (W24). How many frames that is, and what it costs the server.

import { gather } from "#bench/driver/crowd.ts";
import { cpuUsByPart, cpuUsOf } from "#bench/driver/process-tree.ts";
import { clientFrame, type Link, opcode } from "#bench/driver/web-socket.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import type { RunningTarget } from "#bench/targets/target.ts";
import { codecs } from "#protocol/codecs.ts";
import type { ClientFrame } from "#protocol/frames.ts";
import { limits } from "#protocol/limits.ts";

const typists = 50;
const codec = codecs["banyan.v1.msgpack"];

export const typingJourney: Journey = {
  name: "typing",
  title: "fifty type while everybody looks on",
  targets: ["banyan", "banyan-cluster"],
  isExtra: true,
  async run(scene) {
    const server = await scene.start();
    const { roomMembers, largeRoomMembers } = scene.sizes;
    return {
      ...(await measure(scene, server, "room", roomMembers)),
      ...(await measure(scene, server, "largeRoom", largeRoomMembers)),
    };
  },
};

async function measure(
  scene: Scene,
  server: RunningTarget,
  kind: "room" | "largeRoom",
  members: number,
): Promise<Figures> {
  const place = scene.target.place(kind, 0);
  const dialect = scene.target.dialect(scene.seed);
  let frames = 0;
  const ear = { acked() {}, refused() {}, delivered() {}, saw() {} };
  const counting = {
    ...dialect,
    received(...[link, bytes, from, to, heard]: Parameters<typeof dialect.received>) {
      if (link.live) frames++;
      dialect.received(link, bytes, from, to, heard);
    },
  };
  const seats = Array.from({ length: members }, (_, user) => scene.target.seat(user, [place]));
  const { port, ports } = server;
  const crowd = await gather({ port, ports, dialect: counting, seats, ear, heartbeats: false });
  try {
    const tell = (link: Link, frame: ClientFrame) =>
      link.write(clientFrame(opcode.binary, codec.encodeClient(frame) as Uint8Array));
    for (const link of crowd.links) tell(link, { kind: "look", conversations: [place], users: [] });
    const type = () => {
      for (const link of crowd.links.slice(0, typists)) tell(link, { kind: "typing", conversation: place });
    };
    type();
    await Bun.sleep(limits.typingEveryMs);
    frames = 0;
    const cpuBefore = cpuUsOf(server.pids);
    const partsBefore = cpuUsByPart(server.parts ?? {});
    const rounds = scene.sizes.isQuick ? 2 : 5;
    const startedAt = performance.now();
    for (let round = 0; round < rounds; round++) {
      type();
      await Bun.sleep(limits.typingEveryMs);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const cpuUs = cpuUsOf(server.pids) - cpuBefore;
    const parts = cpuUsByPart(server.parts ?? {});
    const gatewayUs = (parts.gateway ?? 0) - (partsBefore.gateway ?? 0);
    scene.say(
      `${members} look on, ${typists} type: ${Math.round(frames / seconds)} frames/s, ` +
        `${(cpuUs / 10_000 / seconds).toFixed(1)} % of a core (gateway ${(gatewayUs / 10_000 / seconds).toFixed(1)} %)`,
    );
    return {
      [`typing.${kind}.framesPerSecond`]: frames / seconds,
      [`typing.${kind}.cpuPercent`]: cpuUs / 10_000 / seconds,
    };
  } finally {
    crowd.close();
  }
}
