// What a point of the curve of sessions is asked for, and what it tells.

import type { Told } from "./holders.ts";
import type { MemoryBook } from "./memory-book.ts";
import type { ProbeResult } from "./probe.ts";
import type { Stamp } from "./record.ts";

export interface SessionsWish {
  readonly points: readonly number[];
  /** With the processes of the largest number from the beginning, instead of as many as each needs. */
  readonly ramp: boolean;
  readonly gatewaySessionsMax: number;
  /** As if there were so many gateways, of which the others are not started; 0: as many as there are. */
  readonly asIfGateways: number;
  /** Of the five that each person is in, how many a session follows. */
  readonly conversationsEach: number;
  readonly heartbeatMs: number;
  readonly loginWithinMs: number;
  readonly calmSeconds: number;
  readonly idleSeconds: number;
  readonly smol: boolean;
  readonly seed: number;
  readonly folder: string;
  readonly seedOnly: boolean;
  readonly stamp: Stamp;
}

export interface SessionsPoint {
  readonly kind: "sessions";
  readonly wanted: number;
  readonly live: number;
  /** Why fewer are live than were wanted; null: none is lacking. */
  readonly wall: string | null;
  readonly gateways: number;
  readonly conversationsEach: number;
  readonly asIfGateways: number;
  readonly heartbeatMs: number;
  readonly smol: boolean;
  /** Those who logged in for this point, in loginSeconds. */
  readonly came: number;
  readonly loginSeconds: number;
  readonly loginCpuUsPerSession: Readonly<Record<string, number>>;
  readonly told: Told;
  /** KiB for each live session, beyond what the same processes take without any. */
  readonly kiBPerSession: Readonly<Record<string, number>>;
  /** KiB for each, everything that was started counted. */
  readonly wholeKiBPerSession: number;
  readonly memory: { readonly before: MemoryBook; readonly empty: MemoryBook; readonly full: MemoryBook };
  readonly idleCpuMsPerSessionHour: Readonly<Record<string, number>>;
  /** Of one core, all server parts together, and the generator. */
  readonly idleCores: { readonly server: number; readonly generator: number; readonly machine: number };
  readonly idleBytesPerSessionHour: number;
  readonly probe: ProbeResult | null;
}

export function summary(point: SessionsPoint): string {
  const { server, kernel, generator, postgres } = point.kiBPerSession;
  const kiB = (value?: number) => (value ?? 0).toFixed(2);
  return (
    `${point.live} live: ${kiB(server)} KiB server, ${kiB(postgres)} postgres, ${kiB(kernel)} kernel (both ends), ` +
    `${kiB(generator)} generator, ${kiB(point.wholeKiBPerSession)} with everything; ` +
    `idle ${point.idleCores.server.toFixed(2)} cores; 1:1 ${point.probe?.directCpuUs.toFixed(0)} us, p99 ${point.probe?.directAckP99Ms.toFixed(0)} ms`
  );
}
