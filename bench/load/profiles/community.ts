// A large public server: rooms whose sizes fall with their rank, one room where everybody is and somebody always
// writes, most people only reading.

import type { Profile } from "#bench/load/profile.ts";
import { sizeMix } from "./work.ts";

export const community: Profile = {
  name: "community",
  version: 1,
  what: "a large public server: Zipf rooms, one hot room at 3 messages a second, nine of ten only read",
  sources: [
    "Discord engineering and elixir-lang.org 2020: rooms of up to millions, some of them hot; events to each connected user",
    "(a) room sizes 1/rank from a quarter of all people on; 90 % passive; 4,000 joins a second for a million members; a storm of typing and presence every 20 s",
    "WuKongIM wkbench: message sizes",
  ],
  devices: [
    [1, 0.9],
    [2, 0.1],
  ],
  online: 1,
  skew: [
    [0.02, 0.6],
    [0.08, 0.4],
    [0.9, 0],
  ],
  sendsPerPersonSecond: 0.5 / 3600,
  day: null,
  dayFrom: 18,
  timeScale: 10,
  where: { public: 1 },
  replyShare: 0.18,
  fileShare: 0.02,
  perSend: { switch: 3, scroll: 1, typing: 1, react: 1, userSearch: 0.02, edit: 0.02, delete: 0.005 },
  sizes: sizeMix,
  places: [
    { kind: "public", zipf: 1, top: 0.25, perPerson: 4 },
    { kind: "hot", membersMax: 100_000 },
  ],
  churnPerSecond: 0.0016,
  openAgainShare: 0.1,
  hotSendsPerSecond: 3,
  joinsPerPersonSecond: 0.004,
  storm: { everySeconds: 20, share: 0.2 },
};
