// Banyan's own user and database in a PostgreSQL that Patroni made. The user owns its database, and may copy it by
// logical replication (./banyan migrate); it has no other right.

import { SQL } from "bun";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host } from "#ops/cluster/parts/part-process.ts";
import { postgresSuperuser } from "#ops/cluster/parts/patroni-config.ts";

export async function ensureDatabase(folder: ClusterFolder, primary: Host, port: number): Promise<void> {
  const { postgresSuperuser: password, postgresBanyan } = folder.passwords;
  const sql = new SQL({
    hostname: primary.address,
    port,
    username: postgresSuperuser,
    password,
    database: "postgres",
    max: 1,
    connectionTimeout: 10,
  });
  try {
    const [found] = await sql`
      SELECT (SELECT count(*) FROM pg_roles WHERE rolname = 'banyan') AS roles,
             (SELECT count(*) FROM pg_database WHERE datname = 'banyan') AS databases`;
    // Made of hexadecimal digits by us, so it needs no quoting.
    if (Number(found.roles) === 0)
      await sql.unsafe(`CREATE ROLE banyan LOGIN REPLICATION PASSWORD '${postgresBanyan}'`);
    if (Number(found.databases) === 0) await sql.unsafe("CREATE DATABASE banyan OWNER banyan");
  } finally {
    await sql.close();
  }
}
