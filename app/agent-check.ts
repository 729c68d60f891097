// Answers HAProxy's agent checks: a TCP connection, one line, closed. `drain` keeps new sessions away and leaves the
// live ones alone. A process that is not ready says `drain` as well, never `down`: the balancer cuts the sessions of
// what is down, and a store that is away for a moment must not send everybody home at once.

import type { Socket } from "bun";

export interface AgentState {
  readonly ready: boolean;
  readonly draining: boolean;
  /** How much of its share of new sessions this process should get, 1 - 100. */
  readonly weightPercent: number;
}

export interface AgentCheck {
  readonly port: number;
  stop(): void;
}

export interface AgentCheckNeeds {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  state(): AgentState;
}

export function startAgentCheck({ host, port, state }: AgentCheckNeeds): AgentCheck {
  const listener = Bun.listen({
    hostname: host,
    port,
    socket: {
      open: (socket: Socket) => void socket.end(agentLine(state())),
      data() {}, // what a balancer may send (agent-send) changes nothing
      error() {}, // it went away before it had the line; it will ask again
    },
  });
  return { port: listener.port, stop: () => listener.stop(true) };
}

/** Each line says everything, so that whichever is read last holds. */
export function agentLine(state: AgentState): string {
  if (state.draining || !state.ready) return "drain\n";
  return `up ready ${Math.min(100, Math.max(1, Math.round(state.weightPercent)))}%\n`;
}

export interface Load {
  readonly sockets: number;
  readonly socketsMax: number;
  /** How late the event loop runs its timers. */
  readonly lagMs: number;
}

/**
 * Full share up to 80 % of the sockets and 50 ms of lag; from there in a straight line down to 1 % at 98 % of the
 * sockets or 500 ms. It never reaches zero: to HAProxy that would be a drain.
 */
export function weightPercent({ sockets, socketsMax, lagMs }: Load): number {
  const room = falling(sockets / socketsMax, 0.8, 0.98);
  const ease = falling(lagMs, 50, 500);
  return Math.max(1, Math.round(100 * Math.min(room, ease)));
}

/** 1 up to `from`, 0 from `to` on. */
function falling(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (to - value) / (to - from)));
}
