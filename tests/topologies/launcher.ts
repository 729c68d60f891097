// A process of its own that runs the embedded PostgreSQL of a data directory, to be killed by tests.
// Usage: launcher.ts <data directory>. Prints the server's process number once it is ready.

import { startEmbedded } from "#adapters/postgres/embedded/start.ts";

const postgres = await startEmbedded({ dataDir: process.argv[2]! });
console.log(postgres.pid());
setInterval(() => {}, 1 << 30);
