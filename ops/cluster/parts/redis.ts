// Redis: presence, shared limits and the second level of caches. Nothing in it is the only copy, so nothing of it
// is written to the disk.

import { binaryOf } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host, PartDefinition } from "#ops/cluster/parts/part-process.ts";

export function redisPart(folder: ClusterFolder, host: Host): PartDefinition {
  const data = folder.data("redis");
  const port = folder.ports.redis;
  const file = folder.configuration(
    "redis.conf",
    `# Made by Banyan; written anew at each start.
bind ${host.address}
port ${port}
requirepass ${folder.passwords.redis}
dir ${data}
save ""
appendonly no
maxmemory 256mb
# Who is online has no time to live and stays; windows of limits and times last seen may go, soonest ended first.
maxmemory-policy volatile-ttl
daemonize no
`,
  );
  return {
    name: "redis",
    command: [binaryOf("redis-server"), file],
    host,
    port,
    cwd: data,
    isReady: () => answersPing(host.address, port, folder.passwords.redis),
  };
}

async function answersPing(hostname: string, port: number, password: string): Promise<boolean> {
  const answer = Promise.withResolvers<boolean>();
  const socket = await Bun.connect({
    hostname,
    port,
    socket: {
      data: (_, bytes) => {
        if (bytes.includes("PONG")) answer.resolve(true);
        if (bytes.includes("-")) answer.resolve(false);
      },
      close: () => answer.resolve(false),
    },
  });
  socket.write(`AUTH ${password}\r\nPING\r\n`);
  const late = setTimeout(() => answer.resolve(false), 3_000);
  return answer.promise.finally(() => {
    clearTimeout(late);
    socket.end();
  });
}
