// A run of ./banyan load as its generator writes it, made from a seed: for the tests of the report and the comparison.

import { seededNumbers } from "#bench/driver/seeded.ts";
import { type Latency, type RunFile, runFormat, type Sample } from "#bench/load/run-file.ts";

export interface SampleWish {
  readonly seconds: number;
  readonly seed: number;
  /** Times as slow and as dear as usual. */
  readonly slower?: number;
  readonly lost?: number;
  readonly saturated?: boolean;
}

export function sampleRun({ seconds, seed, slower = 1, lost = 0, saturated = false }: SampleWish): RunFile {
  const next = seededNumbers(seed);
  const noise = (share: number) => 1 + (next() - 0.5) * 2 * share;
  const ramp = Math.round(seconds * 0.15);
  const [faultFrom, faultTo] = [Math.round(seconds * 0.6), Math.round(seconds * 0.63)];
  const series = Array.from({ length: seconds }, (_, i): Sample => {
    const up = Math.min(1, (i + 1) / ramp);
    const isHurt = i >= faultFrom && i < faultTo;
    const offered = Math.round(1_800 * up * noise(0.06));
    const sent = isHurt ? Math.round(offered * 0.55) : offered;
    const wait = (ms: number) => (isHurt ? ms * 40 : ms) * slower * noise(0.25);
    const role = (cpuUs: number, memory: number) => ({
      cpuShare: (sent * cpuUs * slower * noise(0.05)) / 1e6,
      memoryBytes: memory * 2 ** 20 * (0.6 + 0.4 * up),
    });
    const byRole = {
      gateway: role(120, 310),
      messaging: role(95, 190),
      postgres: role(80, 720),
      nats: role(40, 60),
    };
    const roles = Object.values(byRole);
    const sum = (key: "cpuShare" | "memoryBytes") => roles.reduce((all, it) => all + it[key], 0);
    return {
      atMs: i * 1_000,
      online: Math.round(20_000 * up * (isHurt ? 0.72 : 1)),
      offered,
      sent,
      delivered: Math.round(sent * 3.1 * noise(0.04)),
      refused: isHurt ? { overloaded: Math.round(200 * noise(0.3)), rate_limited: 12 } : {},
      failed: isHurt ? { "open: connection reset": 40 } : {},
      reconnects: Math.round((i >= faultTo && i < faultTo + 4 ? 1_400 : 20 * up) * noise(0.4)),
      ackP50Ms: wait(4.5),
      ackP99Ms: wait(17),
      deliveryP50Ms: wait(5.2),
      deliveryP99Ms: wait(22),
      openP99Ms: wait(9),
      generatorCpuShare: (saturated ? 0.98 : 0.5) * up * noise(0.08),
      server: { cpuShare: sum("cpuShare"), memoryBytes: sum("memoryBytes"), byRole },
    };
  });
  const total = (key: "sent" | "delivered") => series.reduce((all, it) => all + it[key], 0);
  return {
    format: runFormat,
    at: "2026-11-24T02:00:00.000Z",
    command: `./banyan load --profile disaster --people 15000 --seconds ${seconds} --seed ${seed}`,
    seed,
    profile: {
      name: "disaster",
      version: 1,
      parameters: {
        people: 15_000,
        sendsPerPersonPerHour: 45,
        devices: [1, 2],
        faults: { gatewayKilledAfter: faultFrom },
      },
    },
    target: { url: "http://127.0.0.1:7226", version: "0.1.0", topology: "cluster" },
    machine: { cpu: "Sample CPU", cores: 2, memoryGiB: 24, kernel: "6.1" },
    generator: {
      processes: 4,
      cpuSharePeak: saturated ? 1 : 0.54,
      lateP99Ms: saturated ? 310 : 1.2,
      saturated,
      ...(saturated ? { why: "arrivals left up to 310 ms late" } : {}),
    },
    phases: [
      { name: "ramp-up", fromMs: 0, toMs: ramp * 1_000 },
      { name: "steady", fromMs: ramp * 1_000, toMs: faultFrom * 1_000 },
      { name: "fault: gateway killed", fromMs: faultFrom * 1_000, toMs: faultTo * 1_000, note: "SIGKILL" },
      { name: "settle", fromMs: faultTo * 1_000, toMs: seconds * 1_000 },
    ],
    series,
    totals: {
      people: 15_000,
      devices: 20_000,
      conversations: 41_200,
      actions: { send: total("sent"), open: 61_000, react: 8_300, edit: 1_200, search: 640 },
      bytesIn: 2.1e9,
      bytesOut: 3.2e8,
    },
    latency: {
      ack: waits(total("sent"), 4.5 * slower),
      delivery: waits(total("delivered"), 5.2 * slower),
      open: waits(61_000, 2.4 * slower),
      resume: waits(4_100, 14 * slower),
    },
    audit: {
      acknowledged: total("sent"),
      shown: total("delivered") - lost,
      lost,
      doubled: 0,
      disordered: 0,
      gapsHealed: 212,
      breaksHealed: 37,
      unreadErrors: 0,
      sessions: 20_000,
      verdict: lost === 0 ? "clean" : "broken",
      examples: lost === 0 ? [] : ["conversation 17: message 4 was acknowledged and is not in the log"],
    },
    server: { cpuUsPerMessage: 335 * slower, cpuSharePeak: 0.71, memoryBytesPeak: 1.34e9 },
    serverSays: { banyan_audit_messages_checked_total: 4_120 },
    refused: { overloaded: 3_580, rate_limited: 216 },
    errors: { "connection closed: 1006": 5_600 },
    warnings: saturated ? [] : ["the machine was not quiet for 3 s"],
  };
}

/** A tail that grows by the nines: the p99 is about four, the p99.99 about thirty medians. */
function waits(count: number, medianMs: number): Latency {
  const at = (share: number) => medianMs * (0.4 + 1.2 * share + 0.35 * Math.log10(1 / (1 - share)) ** 3);
  const shares = Array.from({ length: 200 }, (_, i) => 1 - 10 ** (-(i + 1) / 40));
  let before = 0;
  const histogram = shares.map((share): [number, number] => {
    const up = Math.round(share * count);
    const here = up - before;
    before = up;
    return [at(share), here];
  });
  return {
    count,
    p50Ms: at(0.5),
    p90Ms: at(0.9),
    p99Ms: at(0.99),
    p999Ms: at(0.999),
    maxMs: at(0.99999),
    histogram,
  };
}
