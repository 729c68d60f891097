// The streams of one process's timetable, from the profile: its people's share of every action, and what does not
// depend on how busy they are.

import type { Job } from "./job.ts";
import type { ActionName } from "./profile.ts";
import { dayShape, type Stream } from "./timetable.ts";

/** Sends of a process, by whether they are replies or have files, and everything that people do beside them. */
export function streamsOf(job: Job): Stream[] {
  const { profile, peopleInAll, abilities } = job;
  const weight = job.people.reduce((sum, person) => sum + person.weight, 0);
  const sends = job.sendsPerSecond * weight;
  const share = job.people.length / Math.max(1, peopleInAll);
  const shape = (atMs: number) => rampShape(job, atMs) * dayOf(job, atMs) * spikeOf(job, atMs);
  const shapeMax = profile.spike?.times ?? 1;
  const busy = (name: string, perSecond: number): Stream => ({ name, perSecond, shape, shapeMax });
  const steady = (name: string, perSecond: number): Stream => ({
    name,
    perSecond,
    shape: (atMs) => (atMs < job.rampMs ? 0 : 1),
    shapeMax: 1,
  });
  const can = (name: string) => abilities.includes(name);
  const fileShare = can("file") ? profile.fileShare : 0;
  const streams = [
    busy("send", sends * (1 - profile.replyShare - fileShare)),
    busy("reply", sends * profile.replyShare),
    busy("file", sends * fileShare),
    steady("hot", (profile.hotSendsPerSecond ?? 0) * share),
    steady("join", (profile.joinsPerPersonSecond ?? 0) * job.people.length),
    steady("churn", profile.churnPerSecond * job.people.length * profile.online),
    steady("flap", flapsPerSecond(job)),
  ];
  for (const [name, perSend] of Object.entries(profile.perSend) as [ActionName, number][])
    if (can(name)) streams.push(busy(name, sends * perSend));
  return streams;
}

function flapsPerSecond({ profile, people }: Job): number {
  const { flap, timeScale } = profile;
  if (!flap) return 0;
  const devices = people.reduce((sum, { tokens }) => sum + tokens.length, 0);
  return (flap.share * devices * timeScale) / flap.everySeconds;
}

/** Load grows with the people who are there. */
function rampShape({ rampMs }: Job, atMs: number): number {
  return rampMs > 0 ? Math.min(1, atMs / rampMs) : 1;
}

function dayOf({ profile, rampMs }: Job, atMs: number): number {
  const hours = ((atMs - rampMs) * profile.timeScale) / 3_600_000;
  return dayShape(profile.day, profile.dayFrom + hours);
}

function spikeOf({ profile, rampMs, steadyMs }: Job, atMs: number): number {
  const at = (atMs - rampMs) / steadyMs;
  return profile.spike && at >= profile.spike.from && at < profile.spike.to ? profile.spike.times : 1;
}
