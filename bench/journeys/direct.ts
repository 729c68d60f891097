// 1:1 durable messages: sent, committed, acknowledged and delivered, between pairs.

import type { Seat } from "#bench/driver/dialect.ts";
import type { Group } from "#bench/driver/load.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import type { Journey, Scene } from "#bench/journey.ts";
import { targetNames } from "#bench/targets/target.ts";
import { runGroupLoad } from "./group-load.ts";

const inFlightPerPair = 1;

export const directJourney: Journey = {
  name: "direct",
  title: "1:1 durable messages",
  targets: targetNames,
  run: (scene) =>
    runGroupLoad(scene, {
      name: "direct",
      seats: pairSeats(scene),
      groupsOf: (links) => pairGroups(scene, links),
      inFlightPerGroup: inFlightPerPair,
      fixedRates: [500, 2000],
      per: "message",
    }),
};

export function pairSeats({ sizes, target }: Scene): Seat[] {
  return Array.from({ length: sizes.pairs * 2 }, (_, user) =>
    target.seat(user, [target.place("pair", user >> 1)]),
  );
}

export function pairGroups({ sizes, target }: Scene, links: readonly Link[]): Group[] {
  return Array.from({ length: sizes.pairs }, (_, pair) =>
    pairOf(target.place("pair", pair), links.slice(2 * pair, 2 * pair + 2)),
  );
}

function pairOf(place: string, members: readonly Link[]): Group {
  for (const link of members) link.sampled = true;
  return { place, members, senders: members, watcherOf: (sender) => members[sender === members[0] ? 1 : 0]! };
}
