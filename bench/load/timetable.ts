// When who does what: Poisson streams from a seed, thinned to a rate that changes with time (Lewis and Shedler 1979).
// The timetable knows nothing of answers: a server that stalls finds all of it waiting, and latency counts from here.

import { seededNumbers } from "#bench/driver/seeded.ts";

export interface Stream {
  readonly name: string;
  /** Arrivals a second at `shape` 1. */
  readonly perSecond: number;
  /** Of the rate, at a time of the run; at most `shapeMax`. */
  shape(atMs: number): number;
  readonly shapeMax: number;
}

interface Running extends Stream {
  readonly chance: () => number;
  nextMs: number;
}

export class Timetable {
  readonly #streams: Running[];

  constructor(streams: readonly Stream[], seed: number) {
    this.#streams = streams
      .filter(({ perSecond, shapeMax }) => perSecond > 0 && shapeMax > 0)
      .map((stream, i) => {
        const running = { ...stream, chance: seededNumbers(seed + 7919 * (i + 1)), nextMs: 0 };
        advance(running);
        return running;
      });
  }

  /** Tells all that is due by now, of each stream in its order. */
  due(nowMs: number, arrives: (name: string, dueMs: number) => void): void {
    for (const stream of this.#streams)
      while (stream.nextMs <= nowMs) {
        const dueMs = stream.nextMs;
        advance(stream);
        arrives(stream.name, dueMs);
      }
  }
}

function advance(stream: Running): void {
  const { perSecond, shapeMax, chance } = stream;
  const meanMs = 1000 / (perSecond * shapeMax);
  do stream.nextMs -= Math.log(1 - chance()) * meanMs;
  while (chance() * shapeMax > stream.shape(stream.nextMs) && stream.nextMs < 86_400_000_000);
}

/** The share of the busiest hour's rate, between the hours of a day. */
export function dayShape(day: readonly number[] | null, hour: number): number {
  if (day === null) return 1;
  const at = ((hour % 24) + 24) % 24;
  const from = Math.floor(at);
  const share = at - from;
  return day[from]! * (1 - share) + day[(from + 1) % 24]! * share;
}
