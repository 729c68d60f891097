// Who is in a run and with whom they talk, from a profile and a seed: pure, so that any process, and the next run,
// gets the same people in the same conversations.

import { seededNumbers } from "#bench/driver/seeded.ts";
import { LoadProblem } from "./load-problem.ts";
import type { PlaceKind, PlacePlan, Profile } from "./profile.ts";

export interface PlannedPerson {
  readonly handle: string;
  readonly displayName: string;
  readonly devices: number;
  /** All weights together are 1. */
  readonly weight: number;
}

export interface PlannedRoom {
  readonly kind: PlaceKind;
  readonly title: string;
  /** People by their numbers; the first owns it. */
  readonly members: readonly number[];
}

export interface World {
  readonly people: readonly PlannedPerson[];
  readonly rooms: readonly PlannedRoom[];
}

const roomsMax = 5_000_000;

export function planWorld(profile: Profile, count: number, seed: number): World {
  const chance = seededNumbers(seed * 17 + 3);
  const weights = weightsOf(profile, count, chance);
  const people = Array.from({ length: count }, (_, no): PlannedPerson => {
    const handle = `load-${seed}-${profile.name}-${count}-${no}`;
    return {
      handle,
      displayName: `Person ${no}`,
      devices: devicesOf(profile, chance()),
      weight: weights[no]!,
    };
  });
  const rooms = profile.places.flatMap((plan) => roomsOf(plan, count, chance));
  if (rooms.length > roomsMax)
    throw new LoadProblem(
      `${count.toLocaleString("en")} people would have ${rooms.length.toLocaleString("en")} conversations; at most ${roomsMax.toLocaleString("en")} are made.`,
      "Take a lower --count.",
    );
  return { people, rooms };
}

/** By the profile's skew; who is busy and who is not is drawn. */
function weightsOf(profile: Profile, count: number, chance: () => number): number[] {
  const weights: number[] = [];
  let from = 0;
  for (const [people, actions] of profile.skew) {
    from += people;
    const until = Math.max(weights.length, Math.round(from * count));
    const each = actions / Math.max(1, until - weights.length);
    while (weights.length < until) weights.push(each);
  }
  while (weights.length < count) weights.push(weights.at(-1) ?? 1);
  for (let i = weights.length - 1; i > 0; i--) {
    const other = Math.floor(chance() * (i + 1));
    [weights[i], weights[other]] = [weights[other]!, weights[i]!];
  }
  const sum = weights.reduce((all, one) => all + one, 0);
  return weights.map((weight) => weight / sum);
}

function devicesOf(profile: Profile, drawn: number): number {
  let left = drawn;
  for (const [devices, share] of profile.devices) {
    left -= share;
    if (left <= 0) return devices;
  }
  return 1;
}

function roomsOf(plan: PlacePlan, count: number, chance: () => number): PlannedRoom[] {
  if (plan.kind === "direct") return directs(plan.perPerson, count);
  if (plan.kind === "hot") {
    const members = Array.from({ length: Math.min(count, plan.membersMax) }, (_, no) => no);
    return [{ kind: "hot", title: "Everybody", members }];
  }
  if ("zipf" in plan) return zipfRooms(plan, count, chance);
  const size = Math.min(plan.size, count);
  const many = Math.max(1, Math.round((count * plan.perPerson) / size));
  return Array.from({ length: many }, (_, n) => ({
    kind: plan.kind,
    title: `${plan.kind} ${n}`,
    members: someOf(count, size, chance),
  }));
}

/** A ring: each person talks to the next ones, so that everybody has as many. */
function directs(perPerson: number, count: number): PlannedRoom[] {
  const reach = Math.min(Math.ceil(perPerson / 2), Math.floor((count - 1) / 2));
  const rooms: PlannedRoom[] = [];
  for (let step = 1; step <= reach; step++)
    for (let no = 0; no < count; no++)
      rooms.push({ kind: "direct", title: "", members: [no, (no + step) % count] });
  return rooms;
}

function zipfRooms(
  plan: { readonly kind: "public"; readonly zipf: number; readonly top: number; readonly perPerson: number },
  count: number,
  chance: () => number,
): PlannedRoom[] {
  const rooms: PlannedRoom[] = [];
  const seats = count * plan.perPerson;
  for (let rank = 1, taken = 0; taken < seats; rank++) {
    const size = Math.max(2, Math.floor((count * plan.top) / rank ** plan.zipf));
    rooms.push({ kind: "public", title: `public ${rank}`, members: someOf(count, size, chance) });
    taken += size;
  }
  return rooms;
}

/** Distinct people: a step that has no divisor in common with the count goes past everybody once. */
function someOf(count: number, size: number, chance: () => number): number[] {
  const first = Math.floor(chance() * count);
  let step = 1 + Math.floor(chance() * Math.max(1, count - 1));
  while (divisor(step, count) !== 1) step++;
  return Array.from({ length: Math.min(size, count) }, (_, i) => (first + i * step) % count);
}

function divisor(one: number, other: number): number {
  return other === 0 ? one : divisor(other, one % other);
}
