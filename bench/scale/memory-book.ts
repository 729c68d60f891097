// Where the memory is: user space of each part as PSS (shared pages divided among those who share them), and the
// kernel's own, which no process shows: sockets, files, page tables, stacks.

import { memoryByPart, tcpKernelKiB } from "#bench/driver/process-tree.ts";
import { meminfo } from "./limits.ts";

export interface MemoryBook {
  /** By part; `postgres` has its shared buffers in it as far as they were touched. */
  readonly partsKiB: Readonly<Record<string, number>>;
  readonly generatorKiB: number;
  /** Slabs that cannot be given back: sockets, files, epoll entries, of both ends. */
  readonly slabKiB: number;
  readonly pageTablesKiB: number;
  readonly kernelStackKiB: number;
  /** Bytes that wait in sockets. */
  readonly socketQueuesKiB: number;
  readonly availableKiB: number;
}

export function memoryNow(
  parts: Readonly<Record<string, readonly number[]>>,
  generator: readonly number[],
): MemoryBook {
  const { generator: generatorKiB = 0, ...partsKiB } = memoryByPart({ ...parts, generator });
  const kernel = meminfo();
  return {
    partsKiB,
    generatorKiB,
    slabKiB: kernel.SUnreclaim! + kernel.SReclaimable!,
    pageTablesKiB: kernel.PageTables!,
    kernelStackKiB: kernel.KernelStack!,
    socketQueuesKiB: tcpKernelKiB(),
    availableKiB: kernel.MemAvailable!,
  };
}

export interface MemoryShare {
  readonly serverKiB: number;
  readonly postgresKiB: number;
  readonly generatorKiB: number;
  readonly kernelKiB: number;
  /** What is no longer available to anybody: the sum as the machine sees it. */
  readonly machineKiB: number;
}

export function between(before: MemoryBook, after: MemoryBook): MemoryShare {
  const kernel = (it: MemoryBook) => it.slabKiB + it.pageTablesKiB + it.kernelStackKiB + it.socketQueuesKiB;
  const server = ({ partsKiB }: MemoryBook) =>
    Object.entries(partsKiB).reduce((sum, [part, kiB]) => sum + (part === "postgres" ? 0 : kiB), 0);
  return {
    serverKiB: server(after) - server(before),
    postgresKiB: (after.partsKiB.postgres ?? 0) - (before.partsKiB.postgres ?? 0),
    generatorKiB: after.generatorKiB - before.generatorKiB,
    kernelKiB: kernel(after) - kernel(before),
    machineKiB: before.availableKiB - after.availableKiB,
  };
}
