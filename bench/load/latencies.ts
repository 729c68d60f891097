// Latencies that processes can hand to each other: steps about 2 % wide, told sparsely, added up without loss.

import type { Latency } from "./run-file.ts";

const stepsPerDoubling = 32;
const stepCount = stepsPerDoubling * 40;

/** [step, count] in rising steps. */
export type Sparse = readonly (readonly [step: number, count: number])[];

export class Latencies {
  readonly #counts = new Uint32Array(stepCount);
  #count = 0;
  #maxUs = 0;

  get count(): number {
    return this.#count;
  }

  recordMs(elapsedMs: number): void {
    const us = Math.max(1, elapsedMs * 1000);
    this.#counts[Math.min(stepCount - 1, Math.floor(Math.log2(us) * stepsPerDoubling))]! += 1;
    this.#count++;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  add(sparse: Sparse, maxMs: number): void {
    for (const [step, count] of sparse) {
      this.#counts[step]! += count;
      this.#count += count;
    }
    this.#maxUs = Math.max(this.#maxUs, maxMs * 1000);
  }

  /** What was recorded since the last call; begins anew. */
  take(): { sparse: Sparse; maxMs: number } {
    const taken = { sparse: this.#sparse(), maxMs: this.#maxUs / 1000 };
    this.#counts.fill(0);
    this.#count = 0;
    this.#maxUs = 0;
    return taken;
  }

  /** The upper end of its step: never better than what happened. 0 where nothing was recorded. */
  quantileMs(share: number): number {
    const rank = Math.max(1, Math.ceil(this.#count * share));
    let seen = 0;
    for (let step = 0; step < stepCount && this.#count > 0; step++) {
      seen += this.#counts[step]!;
      if (seen >= rank) return Math.min(this.#maxUs / 1000, upToMs(step));
    }
    return 0;
  }

  latency(): Latency {
    return {
      count: this.#count,
      p50Ms: rounded(this.quantileMs(0.5)),
      p90Ms: rounded(this.quantileMs(0.9)),
      p99Ms: rounded(this.quantileMs(0.99)),
      p999Ms: rounded(this.quantileMs(0.999)),
      maxMs: rounded(this.#maxUs / 1000),
      histogram: this.#sparse().map(([step, count]) => [rounded(upToMs(step)), count]),
    };
  }

  #sparse(): Sparse {
    const sparse: [number, number][] = [];
    if (this.#count === 0) return sparse;
    for (let step = 0; step < stepCount; step++)
      if (this.#counts[step]! > 0) sparse.push([step, this.#counts[step]!]);
    return sparse;
  }
}

function upToMs(step: number): number {
  return 2 ** ((step + 1) / stepsPerDoubling) / 1000;
}

export function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
