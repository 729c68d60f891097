// A real server for tests, on a free port and a temporary data directory: ./banyan serve in a process of its own or,
// with TEST_TOPOLOGY=cluster, several of them over real parts and behind HAProxy (cluster-server.ts).

import { startCluster } from "./cluster-server.ts";
import { removeTemporary, type ServeProcess, startProcess, temporaryFolder } from "./serve-process.ts";
import { topology } from "./topology.ts";

export interface ServerOptions {
  /** Kept by the caller; without one a temporary folder is made and removed at stop. */
  readonly dataDir?: string;
  /** More flags of ./banyan serve; a later flag wins. In a cluster every process gets them. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly readyWithinMs?: number;
  /** Another program than ./banyan, such as a compiled one. */
  readonly program?: string;
}

export interface TestServer {
  /** Without a slash at the end; stays the same over restarts. In a cluster it is the balancer's. */
  readonly url: string;
  readonly port: number;
  /** In a cluster, what holds a folder for each process. */
  readonly dataDir: string;
  readonly pid: number;
  /** All of its processes that are Banyan's; `pid` is the first. */
  readonly pids: readonly number[];
  /** From the start of the process to its ready line, as seen from outside. In a cluster, the slowest process's. */
  readonly readyAfterMs: number;
  /** Everything that it has written since it was (re)started; in a cluster one process after the other. */
  output(): string;
  /**
   * Waits until a line of its log, from the (re)start on or after `from`, holds the text. In a cluster any
   * process's line will do, and `from` counts the lines of each by itself.
   */
  said(text: string, withinMs?: number, from?: number): Promise<string>;
  /**
   * SIGTERM, then waits for the end; answers the exit code. Removes a temporary folder. In a cluster gateways and API
   * end before messaging; the worst exit code is answered; the balancer stops last.
   */
  stop(): Promise<number>;
  /** SIGKILL, as a crash; the folder stays, for `restart`. In a cluster all processes at once, but not the parts. */
  kill(): Promise<void>;
  /** SIGTERM, as a stop in order; the folder stays, for `restart`. */
  halt(): Promise<void>;
  /** The same folder and port; stops it first when it still runs. */
  restart(): Promise<void>;
}

export function startServer(options: ServerOptions = {}): Promise<TestServer> {
  return topology === "cluster" ? startCluster(options) : startEmbedded(options);
}

async function startEmbedded(options: ServerOptions): Promise<TestServer> {
  const dataDir = options.dataDir ?? temporaryFolder();
  const launch = (port: number): Promise<ServeProcess> =>
    startProcess({
      dataDir,
      port,
      args: options.args ?? [],
      env: options.env ?? {},
      readyWithinMs: options.readyWithinMs ?? 20_000,
      program: options.program,
    });
  let running = await launch(0);
  const port = Number(new URL(running.url).port);
  return {
    url: running.url,
    port,
    dataDir,
    get pid() {
      return running.pid;
    },
    get pids() {
      return [running.pid];
    },
    get readyAfterMs() {
      return running.readyAfterMs;
    },
    output: () => running.lines.all.join("\n"),
    said: (text, withinMs = 10_000, from = 0) =>
      running.lines.first((line) => line.includes(text), withinMs, from),
    async stop() {
      const code = await running.end("SIGTERM");
      removeTemporary(dataDir);
      return code;
    },
    async kill() {
      await running.end("SIGKILL");
    },
    async halt() {
      await running.end("SIGTERM");
    },
    async restart() {
      await running.end("SIGTERM");
      running = await launch(port);
    },
  };
}
