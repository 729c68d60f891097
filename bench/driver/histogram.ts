// Latencies in about 2 % wide steps: bounded memory however long a run is, and nothing is averaged away.

const stepsPerDoubling = 32;
const stepCount = stepsPerDoubling * 40;

export interface Percentiles {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

export class Histogram {
  private readonly counts = new Uint32Array(stepCount);
  private count = 0;
  private maxUs = 0;

  recordMs(elapsedMs: number): void {
    const us = Math.max(1, elapsedMs * 1000);
    const step = Math.min(stepCount - 1, Math.floor(Math.log2(us) * stepsPerDoubling));
    this.counts[step]! += 1;
    this.count++;
    if (us > this.maxUs) this.maxUs = us;
  }

  clear(): void {
    this.counts.fill(0);
    this.count = 0;
    this.maxUs = 0;
  }

  percentiles(): Percentiles {
    return {
      count: this.count,
      p50Ms: this.quantileMs(0.5),
      p99Ms: this.quantileMs(0.99),
      p999Ms: this.quantileMs(0.999),
      maxMs: this.maxUs / 1000,
    };
  }

  private quantileMs(share: number): number {
    const rank = Math.ceil(this.count * share);
    let seen = 0;
    for (let step = 0; step < stepCount; step++) {
      seen += this.counts[step]!;
      // The upper end of the step: never better than what happened.
      if (seen >= rank && seen > 0) return Math.min(this.maxUs, 2 ** ((step + 1) / stepsPerDoubling)) / 1000;
    }
    return 0;
  }
}
