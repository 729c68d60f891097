// The workloads that the model is fitted on: each feature by itself at two strengths or more, and some together; and
// those that it is checked on, which are none of them.

import type { Workload } from "./workload.ts";

const quiet = { messageBytes: 100, opensPerSecond: 0, reconnectsPerSecond: 0, streams: [] } as const;
const pairs = (sendsPerSecond: number) => ({ online: 2, groups: 200, sendsPerSecond });
const rooms = (online: number, sendsPerSecond: number) => ({ online, groups: 5, sendsPerSecond });

export const cells: readonly Workload[] = [
  { ...quiet, name: "idle 500", sessions: 500 },
  { ...quiet, name: "idle 2000", sessions: 2_000 },
  { ...quiet, name: "opens 20/s", sessions: 500, opensPerSecond: 20 },
  { ...quiet, name: "opens 80/s", sessions: 500, opensPerSecond: 80 },
  { ...quiet, name: "reconnects 20/s", sessions: 500, reconnectsPerSecond: 20 },
  { ...quiet, name: "reconnects 80/s", sessions: 500, reconnectsPerSecond: 80 },
  { ...quiet, name: "pairs 50/s", sessions: 500, streams: [pairs(50)] },
  { ...quiet, name: "pairs 150/s", sessions: 500, streams: [pairs(150)] },
  { ...quiet, name: "pairs 400/s", sessions: 500, streams: [pairs(400)] },
  { ...quiet, name: "pairs 800/s", sessions: 500, streams: [pairs(800)] },
  { ...quiet, name: "pairs 1200/s", sessions: 1_000, streams: [pairs(1_200)] },
  { ...quiet, name: "rooms of 10, 100/s", sessions: 500, streams: [rooms(10, 100)] },
  { ...quiet, name: "rooms of 30, 50/s", sessions: 500, streams: [rooms(30, 50)] },
  { ...quiet, name: "rooms of 100, 15/s", sessions: 600, streams: [rooms(100, 15)] },
  { ...quiet, name: "rooms of 100, 40/s", sessions: 600, streams: [rooms(100, 40)] },
  {
    name: "mix 1",
    sessions: 800,
    streams: [pairs(100), rooms(20, 30)],
    messageBytes: 200,
    opensPerSecond: 20,
    reconnectsPerSecond: 5,
  },
  {
    name: "mix 2",
    sessions: 1_500,
    streams: [pairs(400), rooms(60, 10)],
    messageBytes: 150,
    opensPerSecond: 10,
    reconnectsPerSecond: 30,
  },
  // Last, because they stay in what is opened.
  { ...quiet, name: "pairs 200/s of 1000 B", sessions: 500, streams: [pairs(200)], messageBytes: 1_000 },
  { ...quiet, name: "pairs 200/s of 4000 B", sessions: 500, streams: [pairs(200)], messageBytes: 4_000 },
  {
    ...quiet,
    name: "rooms of 30, 40/s of 2000 B",
    sessions: 500,
    streams: [rooms(30, 40)],
    messageBytes: 2_000,
  },
];

export const checks: readonly Workload[] = [
  {
    name: "a team at work",
    sessions: 1_200,
    streams: [pairs(180), rooms(40, 18)],
    messageBytes: 250,
    opensPerSecond: 30,
    reconnectsPerSecond: 10,
  },
  {
    name: "a busy evening",
    sessions: 1_000,
    streams: [pairs(600), rooms(15, 50)],
    messageBytes: 120,
    opensPerSecond: 15,
    reconnectsPerSecond: 4,
  },
  // What the other two have little of: deliveries and opens.
  {
    name: "a large meeting",
    sessions: 900,
    streams: [pairs(40), rooms(80, 35)],
    messageBytes: 140,
    opensPerSecond: 55,
    reconnectsPerSecond: 8,
  },
];
