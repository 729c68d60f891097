// WuKongIM from the Go module registry, with the store that it brings; see bench/peers/wukongim.

import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wukongIm } from "#bench/driver/dialect-wukongim.ts";
import { fullSizes } from "#bench/journey.ts";
import { builtPeer, builtVersion, filled, installPeers, shown } from "./files.ts";
import { running, startPeer } from "./peer-process.ts";
import { freePort, type Target } from "./target.ts";

const program = builtPeer("wukongim");
const configurationFile = "bench/peers/wukongim/wk.yaml";
const firstOfCrowd = 1_000;
const { pairs, rooms, roomMembers, largeRoomMembers } = fullSizes;
const group = 2;
const person = 1;

export const wukongImTarget: Target = {
  name: "wukongim",
  title: "WuKongIM",
  role: "peer",
  promise: "acknowledged when written to its own file, which is not flushed to disk for it",
  version: () => builtVersion("wukongim"),
  configuration: () => [
    ...shown(configurationFile),
    {
      title: "how it is used",
      text:
        "Its binary protocol over TCP, which encrypts each text for each connection and cannot be without; a receipt " +
        "for each delivery. No tokens. The idle sessions are members of no group: a conversation costs a session nothing.",
    },
  ],
  missing: () => (existsSync(program) ? null : `WuKongIM is not here: ${installPeers}`),
  inFlight: { rooms: 20, largeRoom: 20 },
  dialect: () => wukongIm(),
  place: (kind, n) => {
    if (kind === "pair") return `u${2 * n}:u${2 * n + 1}`;
    return kind === "room" ? `room-${n}` : `large-${n}`;
  },
  seat: (user, places) => ({ token: `u${user}`, places }),
  crowd: (count) => Array.from({ length: count }, (_, n) => ({ token: `u${firstOfCrowd + n}`, places: [] })),
  async start({ cores, folder }) {
    const data = join(folder, "data");
    rmSync(data, { recursive: true, force: true });
    mkdirSync(data, { recursive: true });
    const [port, httpPort, wsPort] = [await freePort(), await freePort(), await freePort()];
    const configuration = join(folder, "wk.yaml");
    writeFileSync(configuration, filled(configurationFile, { port, httpPort, wsPort, folder: data }));
    const child = await startPeer({
      command: [program, "--config", configuration, "--mode", "release"],
      cores,
      log: join(folder, "wukongim.log"),
      // The last of its doors to open.
      port: httpPort,
      cwd: folder,
      env: { HOME: folder },
    });
    const door = `http://127.0.0.1:${httpPort}`;
    for (let room = 0; room < rooms; room++)
      await createGroup(door, `room-${room}`, users(room * roomMembers, roomMembers));
    await createGroup(door, "large-0", users(0, largeRoomMembers));
    return running(port, child, null, { archived: () => archivedIn(door) });
  },
};

function users(from: number, count: number): string[] {
  return Array.from({ length: count }, (_, n) => `u${from + n}`);
}

async function createGroup(door: string, id: string, subscribers: readonly string[]): Promise<void> {
  const body = JSON.stringify({ channel_id: id, channel_type: group, subscribers });
  const answer = await fetch(`${door}/channel`, { method: "POST", body });
  if (!answer.ok) throw new Error(`WuKongIM made no group ${id}: ${await answer.text()}`);
}

/** Its numbers have no holes: the last of each channel is how many there are. */
async function archivedIn(door: string): Promise<number> {
  const lastOf = async (id: string, type: number) => {
    const answer = await fetch(`${door}/channel/max_message_seq?channel_id=${id}&channel_type=${type}`);
    return ((await answer.json()) as { message_seq: number }).message_seq;
  };
  let messages = await lastOf("large-0", group);
  for (let room = 0; room < rooms; room++) messages += await lastOf(`room-${room}`, group);
  // Which of the two comes first in a pair's name is its secret.
  for (let pair = 0; pair < pairs; pair++)
    messages +=
      (await lastOf(`u${2 * pair}@u${2 * pair + 1}`, person)) +
      (await lastOf(`u${2 * pair + 1}@u${2 * pair}`, person));
  return messages;
}
