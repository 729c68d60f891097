// The working day on a bad day: networks that come and go, a gateway that dies, a deploy in the middle of it.

import type { Profile } from "#bench/load/profile.ts";
import { work } from "./work.ts";

export const disaster: Profile = {
  ...work,
  name: "disaster",
  version: 1,
  what: "the working day with mobile networks that flap, a gateway lost and a rolling deploy",
  sources: [
    ...work.sources,
    "(a) 10 % of the devices drop for 5 - 60 s once in ten minutes, scaled in time; a gateway lost at 30 %, a deploy at 60 % of the steady time",
  ],
  timeScale: 20,
  flap: { share: 0.1, everySeconds: 600, fromSeconds: 5, toSeconds: 60 },
  faults: [
    { at: 0.3, fault: "gateway lost" },
    { at: 0.6, fault: "rolling deploy" },
  ],
};
