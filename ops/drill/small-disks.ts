// Disks that can be filled without harm to this machine: each member of PostgreSQL has its data in a file system of
// its own, in memory and of a bounded size. Needs root.

import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import { run } from "#ops/drill/hosts.ts";

export interface SmallDisks {
  fill(at: number): void;
  free(at: number): void;
  remove(): void;
}

const sizeMiB = 1024;
const block = new Uint8Array(1 << 20);

export function mountSmallDisks(folder: ClusterFolder, count: number): SmallDisks {
  const places = Array.from({ length: count }, (_, at) => folder.data(`patroni-${at + 1}`));
  const { owner } = folder.runAs;
  const options = [
    `size=${sizeMiB}m`,
    "mode=700",
    ...(owner ? [`uid=${owner.uid}`, `gid=${owner.gid}`] : []),
  ];
  for (const place of places) run("mount", "-t", "tmpfs", "-o", options.join(","), "banyan-drill", place);
  const filler = (at: number) => join(places[at]!, "filler");
  return {
    fill: (at) => fill(filler(at)),
    free: (at) => rmSync(filler(at), { force: true }),
    remove: () => {
      for (const place of places) run("umount", place);
    },
  };
}

/** Until the last page is taken. */
function fill(file: string): void {
  const filler = openSync(file, "w");
  try {
    for (const size of [block.length, 4096]) while (writeSync(filler, block, 0, size) === size);
  } catch (error) {
    if ((error as { code?: string }).code !== "ENOSPC") throw error;
  } finally {
    closeSync(filler);
  }
}
