// What the process says of itself: log lines, metrics and the events that write both. Gauges are read when somebody
// asks for /metrics, so that they cost nothing in between.

import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import { createEvents, type Events } from "#app/telemetry/events.ts";
import type { Log } from "#app/telemetry/log.ts";

export interface Telemetry {
  readonly log: Log;
  readonly observe: Events;
  /** A value that is read when asked for. */
  gauge(name: string, help: string, read: () => number): void;
  /** A count that only grows, read when asked for. */
  counted(name: string, help: string, read: () => number): void;
  /** Every cache shows its hit rate. */
  cache(name: string, read: () => { hits: number; misses: number; entries: number }): void;
  /** The text of /metrics. */
  metrics(): Promise<string>;
}

/** How often the library looks how late timers run. Its usual 10 ms is most of what a process without work would do. */
const lagEveryMs = 100;

export function createTelemetry(log: Log): Telemetry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: lagEveryMs });
  const caches = new Map<string, () => { hits: number; misses: number; entries: number }>();
  cacheGauge(registry, caches, "hits");
  cacheGauge(registry, caches, "misses");
  cacheGauge(registry, caches, "entries");
  return {
    log,
    observe: createEvents(log, registry),
    gauge(name, help, read) {
      const collect = function (this: Gauge) {
        this.set(read());
      };
      new Gauge({ name: `banyan_${name}`, help, registers: [registry], collect });
    },
    counted(name, help, read) {
      const collect = function (this: Counter) {
        this.reset();
        this.inc(read());
      };
      new Counter({ name: `banyan_${name}_total`, help, registers: [registry], collect });
    },
    cache: (name, read) => void caches.set(name, read),
    metrics: () => registry.metrics(),
  };
}

type CacheField = "hits" | "misses" | "entries";

function cacheGauge(
  registry: Registry,
  caches: ReadonlyMap<string, () => Record<CacheField, number>>,
  field: CacheField,
): void {
  new Gauge({
    name: `banyan_cache_${field}`,
    help: `Caches: ${field}.`,
    labelNames: ["cache"],
    registers: [registry],
    collect() {
      for (const [cache, read] of caches) this.set({ cache }, read()[field]);
    },
  });
}
