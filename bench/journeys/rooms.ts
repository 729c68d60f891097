// Rooms: what a delivery costs when many read the same, commits included. Ten rooms of 100 and one of 1,000.

import type { Group } from "#bench/driver/load.ts";
import type { Link } from "#bench/driver/web-socket.ts";
import type { Journey } from "#bench/journey.ts";
import { targetNames } from "#bench/targets/target.ts";
import { runGroupLoad } from "./group-load.ts";

/** Messages under way in all rooms together, so that batches have something to batch. */
const inFlightRooms = 1000;
const inFlightLargeRoom = 500;
/** Every so many members' deliveries are timed; counting is for all. */
const sampleEvery = 25;

export const roomsJourney: Journey = {
  name: "rooms",
  title: "10 rooms of 100",
  targets: targetNames,
  run: (scene) => {
    const { rooms, roomMembers } = scene.sizes;
    const placeOf = (room: number) => scene.target.place("room", room);
    return runGroupLoad(scene, {
      name: "rooms",
      seats: Array.from({ length: rooms * roomMembers }, (_, user) =>
        scene.target.seat(user, [placeOf(Math.floor(user / roomMembers))]),
      ),
      groupsOf: (links) =>
        Array.from({ length: rooms }, (_, room) =>
          roomOf(placeOf(room), links.slice(room * roomMembers, (room + 1) * roomMembers)),
        ),
      inFlightPerGroup: scene.target.inFlight?.rooms ?? inFlightRooms / rooms,
      fixedRates: [300],
      per: "delivery",
    });
  },
};

export const largeRoomJourney: Journey = {
  name: "largeRoom",
  title: "one room of 1,000",
  targets: targetNames,
  run: (scene) => {
    const place = scene.target.place("largeRoom", 0);
    return runGroupLoad(scene, {
      name: "largeRoom",
      seats: Array.from({ length: scene.sizes.largeRoomMembers }, (_, user) =>
        scene.target.seat(user, [place]),
      ),
      groupsOf: (links) => [roomOf(place, links)],
      inFlightPerGroup: scene.target.inFlight?.largeRoom ?? inFlightLargeRoom,
      fixedRates: [30, 100],
      per: "delivery",
    });
  },
};

/** The first member only reads and is the watcher; all others send in turn. */
function roomOf(place: string, members: readonly Link[]): Group {
  members.forEach((link, i) => {
    link.sampled = i % sampleEvery === 0;
  });
  return { place, members, senders: members.slice(1), watcherOf: () => members[0]! };
}
