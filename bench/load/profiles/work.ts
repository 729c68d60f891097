// A company that talks all day: the weights of Mattermost's own load test, for each post.

import type { Profile } from "#bench/load/profile.ts";

/** Mix of sizes of WuKongIM's formal scenario. */
export const sizeMix = [
  [256, 0.7],
  [1024, 0.25],
  [4096, 0.04],
  [16_384, 0.01],
] as const;

export const work: Profile = {
  name: "work",
  version: 1,
  what: "a company in its working day: channels, groups and direct messages, much switching and reading",
  sources: [
    "mattermost-load-test-ng, simulcontroller: actions for each post, where people write, skew, 2 % files, 18 % replies, at most 2.6 posts an hour",
    "WuKongIM wkbench, formal scenario: message sizes",
    "slack.engineering: the working day, 9 - 17 with peaks at 11 and 14 and a dip at noon",
    "(a) 1.3 - 2 devices a person: 1.6; four direct conversations a person; a conversation seen before is read anew one time in ten; peak to mean of the day 3",
  ],
  devices: [
    [1, 0.5],
    [2, 0.4],
    [3, 0.1],
  ],
  online: 1,
  skew: [
    [0.05, 0.22],
    [0.1, 0.22],
    [0.55, 0.52],
    [0.3, 0.04],
  ],
  sendsPerPersonSecond: 2.6 / 3600,
  day: [
    0.02, 0.02, 0.02, 0.02, 0.02, 0.03, 0.05, 0.15, 0.4, 0.75, 0.92, 1, 0.65, 0.85, 1, 0.9, 0.75, 0.45, 0.2,
    0.1, 0.08, 0.06, 0.04, 0.03,
  ],
  dayFrom: 10,
  timeScale: 60,
  where: { direct: 0.6, group: 0.1, public: 0.2, private: 0.1 },
  replyShare: 0.18,
  fileShare: 0.02,
  perSend: {
    switch: 6.52,
    scroll: 1.99,
    openDirect: 0.98,
    thread: 0.6,
    typing: 1,
    react: 0.131,
    edit: 0.04,
    delete: 0.005,
    search: 0.033,
    userSearch: 0.032,
    join: 0.005,
    reload: 0.0008,
    logIn: 0.0006,
  },
  sizes: sizeMix,
  places: [
    { kind: "direct", perPerson: 4 },
    { kind: "group", perPerson: 1.5, size: 5 },
    { kind: "private", perPerson: 2, size: 12 },
    { kind: "public", perPerson: 3, size: 60 },
  ],
  churnPerSecond: 0.0003,
  openAgainShare: 0.1,
};
