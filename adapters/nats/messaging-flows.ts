// The order of commands (P36, P56): all commands of one key that are under way are with one instance. When that one
// gives something back, new ones wait until nothing is in flight, and then all go on, in the order of their numbers.
// Where there is no instance they wait for one.

import type { RouterLimits } from "./messaging-limits.ts";
import type { Command } from "./messaging-link.ts";
import type { Owners } from "./messaging-owners.ts";
import { refuse } from "./messaging-refusals.ts";

/** The commands of one key. While it moves, what was given back and what is new wait for what is still in flight. */
interface Flow {
  owner: string;
  inFlight: number;
  isMoving: boolean;
  waiting: Command[];
}

/** False: that instance has too many already. */
export type Hand = (command: Command, owner: string) => boolean;

const attemptsMax = 8;

export class Flows {
  readonly #owners: Owners;
  readonly #limits: RouterLimits;
  readonly #hand: Hand;
  readonly #flows = new Map<string, Flow>();
  /** Keys of flows that wait for an instance to go to. */
  readonly #stuck = new Set<string>();
  /** Without a key and without an instance to go to. */
  #orphans: Command[] = [];
  returned = 0;

  constructor(owners: Owners, limits: RouterLimits, hand: Hand) {
    this.#owners = owners;
    this.#limits = limits;
    this.#hand = hand;
  }

  get waiting(): number {
    let count = this.#orphans.length;
    for (const flow of this.#flows.values()) count += flow.waiting.length;
    return count;
  }

  give(command: Command): void {
    if (command.key === null) return this.#place(command, null);
    let flow = this.#flows.get(command.key);
    if (!flow) {
      const owner = this.#owners.of(command.bucket);
      flow = { owner: owner ?? "", inFlight: 0, isMoving: owner === undefined, waiting: [] };
      this.#flows.set(command.key, flow);
      if (flow.isMoving) this.#stuck.add(command.key);
    }
    if (flow.isMoving) this.#wait(flow, command);
    else this.#place(command, flow);
  }

  /** It was not run: another instance may. */
  giveAgain(command: Command): void {
    this.returned++;
    command.attempts++;
    const isHopeless = command.attempts >= attemptsMax || command.deadline < performance.now();
    if (command.key === null) {
      if (isHopeless || command.to !== undefined) return refuse(command, "unavailable", this.#limits);
      return this.#place(command, null);
    }
    const flow = this.#flows.get(command.key)!;
    flow.inFlight--;
    flow.isMoving = true;
    if (isHopeless) refuse(command, "unavailable", this.#limits);
    else this.#wait(flow, command);
    this.#advance(command.key, flow);
  }

  settled(command: Command): void {
    if (command.key === null) return;
    const flow = this.#flows.get(command.key);
    if (!flow) return;
    flow.inFlight--;
    this.#advance(command.key, flow);
  }

  /** There is an instance to go to. */
  resume(): void {
    const keys = [...this.#stuck];
    this.#stuck.clear();
    for (const key of keys) {
      const flow = this.#flows.get(key);
      if (flow) this.#advance(key, flow);
    }
    for (const command of this.#orphans.splice(0)) this.#place(command, null);
  }

  /** Those that have waited for an instance long enough. */
  refuseWaiting(isTooLate: (command: Command) => boolean): void {
    const left = (commands: readonly Command[]): Command[] => {
      for (const command of commands.filter(isTooLate)) refuse(command, "unavailable", this.#limits);
      return commands.filter((command) => !isTooLate(command));
    };
    for (const key of [...this.#stuck]) {
      const flow = this.#flows.get(key);
      if (flow) flow.waiting = left(flow.waiting);
      if (flow && (flow.inFlight > 0 || flow.waiting.length > 0)) continue;
      this.#flows.delete(key);
      this.#stuck.delete(key);
    }
    this.#orphans = left(this.#orphans);
  }

  /** In the order of their numbers, so that what comes back stands before what came later. */
  #wait(flow: Flow, command: Command): void {
    if (flow.waiting.length >= this.#limits.inFlightMax) return this.#overloaded(command, flow);
    let at = flow.waiting.length;
    while (at > 0 && flow.waiting[at - 1]!.id > command.id) at--;
    flow.waiting.splice(at, 0, command);
  }

  #place(command: Command, flow: Flow | null): void {
    const owner = flow ? flow.owner : (command.to ?? this.#owners.of(command.bucket));
    if (owner === undefined) return void this.#orphans.push(command);
    if (!this.#hand(command, owner)) return this.#overloaded(command, flow);
    if (flow) flow.inFlight++;
  }

  #overloaded(command: Command, flow: Flow | null): void {
    refuse(command, "overloaded", this.#limits);
    if (flow && flow.inFlight === 0 && flow.waiting.length === 0) this.#flows.delete(command.key!);
  }

  /** Once nothing is in flight, what waits goes to the owner of now. */
  #advance(key: string, flow: Flow): void {
    if (flow.inFlight > 0) return;
    if (flow.waiting.length === 0) return void this.#flows.delete(key);
    const owner = this.#owners.of(flow.waiting[0]!.bucket);
    if (owner === undefined) {
      flow.isMoving = true;
      this.#stuck.add(key);
      return;
    }
    flow.owner = owner;
    flow.isMoving = false;
    for (const command of flow.waiting.splice(0)) this.#place(command, flow);
    if (flow.inFlight === 0 && flow.waiting.length === 0) this.#flows.delete(key);
  }
}
