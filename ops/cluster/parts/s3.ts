// The S3 server (versitygw over a folder): the file store of releases to come and a place for backups. Banyan keeps
// no files yet, so nothing in this release writes to it.

import { binaryOf } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host, PartDefinition } from "#ops/cluster/parts/part-process.ts";

export const s3AccessKey = "banyan";

export function s3Part(folder: ClusterFolder, host: Host): PartDefinition {
  const objects = folder.data("s3-objects");
  // Beside the objects, since not every file system keeps extended attributes.
  const attributes = folder.data("s3-attributes");
  const at = `${host.address}:${folder.ports.s3}`;
  return {
    name: "s3",
    command: [
      binaryOf("versitygw"),
      ...["--port", at, "--health", "/health", "--quiet", "--region", "banyan"],
      ...["posix", "--sidecar", attributes, objects],
    ],
    env: { ROOT_ACCESS_KEY_ID: s3AccessKey, ROOT_SECRET_ACCESS_KEY: folder.passwords.s3 },
    host,
    port: folder.ports.s3,
    cwd: objects,
    isReady: async () => (await fetch(`http://${at}/health`, { signal: AbortSignal.timeout(3_000) })).ok,
  };
}
