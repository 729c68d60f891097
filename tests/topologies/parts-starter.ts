// A process of its own that starts parts of the cluster, to be killed by a test. Prints where and which they are.

import { startParts } from "#ops/cluster/start-parts.ts";

const parts = await startParts({ nats: 1, redis: true });
console.log(JSON.stringify({ folder: parts.folder, pids: parts.all.map((part) => part.pid()) }));
setInterval(() => {}, 1 << 30);
