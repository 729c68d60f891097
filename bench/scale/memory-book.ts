// Where the memory is: user space of each part as PSS (shared pages divided among those who share them), and the
// kernel's own, which no process shows: sockets, files, page tables, stacks.

import { readFileSync } from "node:fs";
import { memoryByPart, tcpKernelKiB } from "#bench/driver/process-tree.ts";
import { meminfo } from "./limits.ts";

export interface MemoryBook {
  /** By part; `postgres` has its shared buffers in it as far as they were touched. */
  readonly partsKiB: Readonly<Record<string, number>>;
  readonly generatorKiB: number;
  /** Sockets, their files and epoll entries, of both ends: all slabs but those of file systems. */
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
    slabKiB: slabsKiB() ?? kernel.SUnreclaim!,
    pageTablesKiB: kernel.PageTables!,
    kernelStackKiB: kernel.KernelStack!,
    socketQueuesKiB: tcpKernelKiB(),
    availableKiB: kernel.MemAvailable!,
  };
}

/** What the kernel keeps for files on disks, and gives back when it is needed. */
const fileSlabs =
  /^(ext4|jbd2|buffer_head|radix_tree_node|extent_status|xfs|proc_inode|kernfs|fat|overlay|bdev)/;

/** Null where only another user may look. */
function slabsKiB(): number | null {
  try {
    const lines = readFileSync("/proc/slabinfo", "utf8").trim().split("\n").slice(2);
    return lines.reduce((sum, line) => {
      const [name, , objects, bytes] = line.split(/\s+/) as [string, string, string, string];
      return fileSlabs.test(name) ? sum : sum + (Number(objects) * Number(bytes)) / 1024;
    }, 0);
  } catch {
    return null;
  }
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
