// Why a port cannot be listened on, in words with a remedy, asked before anything slow is started.

import { StartProblem } from "#app/start-problem.ts";

/** Listens for a moment, so that a taken port is told at once. Port 0 is always free. */
export function checkPort(host: string, port: number): void {
  try {
    Bun.listen({ hostname: host, port, socket: { data() {} } }).stop(true);
  } catch (error) {
    throw listenProblem(error, host, port);
  }
}

/** The error as a StartProblem where the remedy is known, else as it was. */
export function listenProblem(error: unknown, host: string, port: number): unknown {
  switch ((error as NodeJS.ErrnoException).code) {
    case "EADDRINUSE":
      return new StartProblem(
        `Port ${port} on ${host} is taken by another process.`,
        `Stop that one (ss -ltnp, or lsof -i :${port}, shows which it is), or choose another with --port; --port 0 takes a free one.`,
      );
    case "EACCES":
      return new StartProblem(
        `Port ${port} may not be opened by this user: ports below 1024 are privileged.`,
        "Choose a higher one with --port and put a proxy in front, or grant it: sysctl net.ipv4.ip_unprivileged_port_start.",
      );
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return new StartProblem(
        `${host} is not an address of this machine.`,
        "Give one of its addresses with --host: 127.0.0.1 for this machine only, 0.0.0.0 for every network interface.",
      );
    default:
      return error;
  }
}
