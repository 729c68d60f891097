// Who is online when: the ramp in which people come, those who leave while others come, and networks that flap.
// All of it from the seed and the clock; nothing waits for an answer.

import type { Device } from "./device.ts";
import type { Profile } from "./profile.ts";
import type { Person, Town } from "./town.ts";

export class Presence {
  readonly #town: Town;
  readonly #profile: Profile;
  readonly #coming: Person[];
  readonly #away: Person[];
  readonly #present: Person[] = [];
  readonly #flapped: { device: Device; backAtMs: number }[] = [];
  readonly #sums: number[] = [];
  #weights = 0;

  constructor(town: Town, profile: Profile) {
    this.#town = town;
    this.#profile = profile;
    const count = Math.ceil(town.people.length * profile.online);
    this.#coming = town.people.slice(0, count);
    this.#away = town.people.slice(count);
  }

  get expected(): number {
    return this.#coming.length;
  }

  /** Those who are due, by the share of the ramp that is over; the ramp is even. */
  ramp(share: number, startMs: number, rampMs: number): void {
    const due = Math.min(this.#coming.length, Math.ceil(this.#coming.length * share));
    for (let i = this.#present.length; i < due; i++) {
      const person = this.#coming[i]!;
      this.#comes(person, startMs + (rampMs * i) / this.#coming.length);
      this.#present.push(person);
      this.#weights += person.weight;
      this.#sums.push(this.#weights);
    }
  }

  /** Somebody who is there, the busy ones more often. */
  pick(): Person | undefined {
    for (let tries = 0; tries < 30; tries++) {
      const person = this.#present[this.#indexOf(this.#town.chance() * this.#weights)];
      if (person?.devices.some(({ state }) => state !== "away")) return person;
    }
    return undefined;
  }

  /** Anybody who is there, busy or not. */
  pickEvenly(): Person | undefined {
    return this.#present[Math.floor(this.#town.chance() * this.#present.length)];
  }

  everybody(share: number): Person[] {
    return this.#present.filter(() => this.#town.chance() < share);
  }

  /** One leaves, and one who was away comes; where nobody is, the same one comes back at once. */
  churn(dueMs: number): void {
    const at = Math.floor(this.#town.chance() * this.#present.length);
    const leaving = this.#present[at];
    // Nobody puts a telephone away while it is sending.
    if (!leaving || leaving.devices.some(({ unanswered }) => unanswered > 0)) return;
    for (const device of leaving.devices) device.leaves();
    const next = this.#away.shift() ?? leaving;
    if (next !== leaving) {
      this.#away.push(leaving);
      this.#present[at] = next;
      this.#weigh();
    }
    this.#comes(next, dueMs);
  }

  flap(dueMs: number, timeScale: number): void {
    const { flap } = this.#profile;
    const person = this.pickEvenly();
    const device = person?.devices.find(({ state }) => state === "live");
    if (!flap || !device) return;
    const seconds = flap.fromSeconds + this.#town.chance() * (flap.toSeconds - flap.fromSeconds);
    device.leaves();
    this.#flapped.push({ device, backAtMs: dueMs + (seconds * 1000) / timeScale });
  }

  /** Brings back whose networks are there again; `all`: everybody's. */
  unflap(nowMs: number, all = false): void {
    for (let i = this.#flapped.length - 1; i >= 0; i--) {
      const { device, backAtMs } = this.#flapped[i]!;
      if (!all && backAtMs > nowMs) continue;
      this.#flapped.splice(i, 1);
      device.comes(all ? nowMs : backAtMs);
    }
  }

  #comes(person: Person, dueMs: number): void {
    for (const device of person.devices) device.comes(dueMs);
  }

  /** Others are there now. */
  #weigh(): void {
    this.#weights = 0;
    this.#present.forEach(({ weight }, i) => {
      this.#weights += weight;
      this.#sums[i] = this.#weights;
    });
  }

  #indexOf(sum: number): number {
    let low = 0;
    let high = this.#sums.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#sums[middle]! > sum) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
