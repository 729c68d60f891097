// A whole cluster of the drill's own: three of each part that keeps something, Banyan's roles as separate processes,
// HAProxy in front. It lies in a temporary folder and goes with the drill, however that ends.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openWebAssets } from "#app/web-assets.ts";
import { type ClusterFolder, openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { type PartProcess, partProcess } from "#ops/cluster/parts/part-process.ts";
import { freeBase } from "#ops/cluster/parts/ports.ts";
import { frontPart, roleParts, roleProcesses } from "#ops/cluster/roles.ts";
import { describeParts, type Parts, startAll, startParts } from "#ops/cluster/start-parts.ts";
import { type CutHosts, makeHosts } from "#ops/drill/hosts.ts";
import { mountSmallDisks, type SmallDisks } from "#ops/drill/small-disks.ts";
import { artifacts, root } from "#ops/root.ts";

export type Ground = "plain" | "hosts" | "small-disks";

export interface DrillCluster {
  readonly url: string;
  readonly folder: ClusterFolder;
  readonly parts: Parts;
  readonly roles: readonly PartProcess[];
  readonly front: PartProcess;
  readonly hosts: CutHosts | null;
  readonly disks: SmallDisks | null;
  rolesNamed(kind: string): readonly PartProcess[];
  /** Starts what does not run and waits until all of it is as it was at first. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

/** One address makes all accounts and all requests. */
const forOneDriver = {
  BANYAN_SIGN_UPS_PER_HOUR: "100000",
  BANYAN_REQUESTS_PER_MINUTE: "1000000",
  BANYAN_HASH_MEMORY_KIB: "64",
};

const readyWithinMs = 60_000;
const threeOfEach = { etcd: 3, postgres: 3, nats: 3, redis: true, haproxy: true } as const;

export async function startDrillCluster(ground: Ground): Promise<DrillCluster> {
  const path = mkdtempSync(join(tmpdir(), "banyan-drill-"));
  const folder = openClusterFolder(path, freeBase);
  const hosts = ground === "hosts" ? makeHosts(3) : null;
  const disks = ground === "small-disks" ? mountSmallDisks(folder, 3) : null;
  const spec = { ...threeOfEach, ...(hosts && { hosts: hosts.hosts }) };
  const clear = () => {
    disks?.remove();
    hosts?.remove();
    rmSync(path, { recursive: true, force: true });
  };
  const parts = await startParts(spec, { folder: path }).catch((error) => {
    clear();
    throw error;
  });
  const processes = roleProcesses({ gateways: 2, small: false });
  const roles = roleParts(folder, processes, parts.connections).map((definition) =>
    partProcess({ ...definition, env: { ...definition.env, ...forOneDriver } }, folder),
  );
  const front = partProcess(frontPart(folder, processes), folder);
  const whole = async () => {
    await startAll(describeParts(folder, spec));
    // One prepares the database, the others find it prepared.
    for (const group of [roles.slice(0, 1), roles.slice(1), [front]]) await Promise.all(group.map(ready));
  };
  const stop = async () => {
    await Promise.all([front, ...roles].map((part) => part.kill9()));
    await parts.stop();
    // What everybody wrote while it was broken is what one wants to read afterwards.
    const kept = join(artifacts, "drill-logs", ground);
    rmSync(kept, { recursive: true, force: true });
    cpSync(join(path, "logs"), kept, { recursive: true });
    clear();
  };
  try {
    // Kept in the house, where the processes' own user may not write.
    await openWebAssets({ root }).warm();
    await whole();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    url: `http://127.0.0.1:${folder.ports.front}`,
    folder,
    parts,
    roles,
    front,
    hosts,
    disks,
    rolesNamed: (kind) => roles.filter(({ name }) => name.startsWith(`${kind}-`)),
    whole,
    stop,
  };
}

export async function ready(part: PartProcess): Promise<void> {
  part.start();
  await part.untilReady(readyWithinMs);
}
