// 1:1 durable messages: sent, committed, acknowledged and delivered, between pairs.

import type { Group } from "#bench/driver/load.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import type { Journey } from "#bench/journey.ts";
import { runGroupLoad } from "./group-load.ts";

const inFlightPerPair = 1;

export const directJourney: Journey = {
  name: "direct",
  title: "1:1 durable messages",
  targets: ["banyan", "banyan-cluster", "socketio-postgres", "raw-publish"],
  run: (scene) => {
    const { sizes, target } = scene;
    const placeOf = (pair: number) => target.place("pair", pair);
    return runGroupLoad(scene, {
      name: "direct",
      seats: Array.from({ length: sizes.pairs * 2 }, (_, user) => target.seat(user, [placeOf(user >> 1)])),
      groupsOf: (links) =>
        Array.from({ length: sizes.pairs }, (_, pair) =>
          pairOf(placeOf(pair), links.slice(2 * pair, 2 * pair + 2)),
        ),
      inFlightPerGroup: inFlightPerPair,
      fixedRates: [500, 2000],
      per: "message",
    });
  },
};

function pairOf(place: string, members: readonly Link[]): Group {
  for (const link of members) link.sampled = true;
  return { place, members, senders: members, watcherOf: (sender) => members[sender === members[0] ? 1 : 0]! };
}
