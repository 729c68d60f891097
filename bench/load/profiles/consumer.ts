// People with telephones: almost all of it one to one, most people away at any moment, and a night on which everybody
// writes at once.

import type { Profile } from "#bench/load/profile.ts";
import { sizeMix } from "./work.ts";

export const consumer: Profile = {
  name: "consumer",
  version: 1,
  what: "people with telephones: one to one and family groups, coming and going, with a spike as at New Year",
  sources: [
    "R. Reed's talks of 2012 and 2014: 41 sent a day for each monthly user, 2.1 delivered for each sent, 32 % online at the peak, 0.16 % of connections new in a second, peak to mean 1.56",
    "Facebook, third quarter 2020: about 50 a day; here 45",
    "WuKongIM wkbench: 90 % of sends one to one; message sizes",
    "media 4.8 % of sends (Reed, derived); here 5 %",
    "(a) groups of 13, so that 10 % of the sends make 2.1 deliveries of each; New Year's spike x 2.5; 1.15 devices",
  ],
  devices: [
    [1, 0.85],
    [2, 0.15],
  ],
  online: 0.32,
  skew: [
    [0.05, 0.22],
    [0.1, 0.22],
    [0.55, 0.52],
    [0.3, 0.04],
  ],
  // All that is sent comes from those who are online: 45 a day for each person, by 32 % of them, at the peak.
  sendsPerPersonSecond: ((45 / 86_400) * 1.56) / 0.32,
  day: null,
  dayFrom: 20,
  timeScale: 10,
  where: { direct: 0.9, group: 0.1 },
  replyShare: 0.05,
  fileShare: 0.05,
  perSend: { switch: 1, scroll: 0.2, openDirect: 0.5, typing: 1, react: 0.1, userSearch: 0.01 },
  sizes: sizeMix,
  places: [
    { kind: "direct", perPerson: 6 },
    { kind: "group", perPerson: 2, size: 13 },
  ],
  churnPerSecond: 0.0016,
  openAgainShare: 0.1,
  spike: { from: 0.5, to: 0.7, times: 2.5 },
};
