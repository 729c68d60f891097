// Which port each part has, counted from one base, so that a whole cluster is told by one number; and a base whose
// ports are all free.

export interface PortPlan {
  readonly base: number;
  /** People: HAProxy in front of the gateways. */
  readonly front: number;
  /** HAProxy's own page of figures. */
  readonly frontStats: number;
  /** HAProxy to whichever PostgreSQL is primary, and to the replicas. */
  readonly postgresPrimary: number;
  readonly postgresReplicas: number;
  readonly redis: number;
  readonly s3: number;
  etcdClient(index: number): number;
  etcdPeer(index: number): number;
  postgres(index: number): number;
  patroni(index: number): number;
  nats(index: number): number;
  natsRoute(index: number): number;
  natsMonitor(index: number): number;
  /** HTTP of the Banyan process with this index, and where it answers HAProxy's agent check. */
  role(index: number): number;
  roleAgent(index: number): number;
}

/** Ports that one base takes. */
export const portsOfABase = 100;

export function portPlan(base: number): PortPlan {
  return {
    base,
    front: base,
    frontStats: base + 1,
    postgresPrimary: base + 2,
    postgresReplicas: base + 3,
    redis: base + 4,
    s3: base + 5,
    etcdClient: (index) => base + 10 + index,
    etcdPeer: (index) => base + 15 + index,
    postgres: (index) => base + 20 + index,
    patroni: (index) => base + 25 + index,
    nats: (index) => base + 30 + index,
    natsRoute: (index) => base + 35 + index,
    natsMonitor: (index) => base + 40 + index,
    role: (index) => base + 50 + index,
    roleAgent: (index) => base + 75 + index,
  };
}

/** Below the range from which the kernel takes ports for outgoing connections, so that none is lost to chance. */
export function freeBase(): number {
  for (let tries = 0; tries < 200; tries++) {
    const base = 10_000 + 100 * Math.floor(Math.random() * 220);
    if (takenPorts(base).length === 0) return base;
  }
  throw new Error("no 100 free ports were found between 10000 and 32000");
}

/** The ports of a base that somebody listens on. */
export function takenPorts(base: number): number[] {
  return Array.from({ length: portsOfABase }, (_, at) => base + at).filter(isTaken);
}

function isTaken(port: number): boolean {
  try {
    Bun.listen({ hostname: "127.0.0.1", port, socket: { data() {} } }).stop(true);
    return false;
  } catch {
    return true;
  }
}
