// Patroni drops replication slots that it did not make. The slot of a move into or out of the cluster is not among
// them: dropped, the move would have to begin anew.

import { expect, test } from "bun:test";
import { join } from "node:path";
import { SQL } from "bun";
import { postgresSuperuser } from "#ops/cluster/parts/patroni-config.ts";
import { startParts } from "#ops/cluster/start-parts.ts";
import { until } from "#tests/parts/until.ts";

test("Patroni drops a stranger's slot and leaves the slot of a move; there is room for 32", async () => {
  const parts = await startParts({ postgres: 1 });
  try {
    const { passwords } = await Bun.file(join(parts.folder, "cluster.json")).json();
    const admin = new URL(parts.connections.postgresUrl);
    admin.username = postgresSuperuser;
    admin.password = passwords.postgresSuperuser;
    await using sql = new SQL(admin.href, { max: 1 });
    await sql`select pg_create_logical_replication_slot('of_a_move', 'pgoutput')`;
    await sql`select pg_create_physical_replication_slot('of_a_stranger')`;
    const slots = async () => (await sql`select slot_name from pg_replication_slots`.values()).flat();
    // It looks through the slots that there are when it starts, and after that when its role changes.
    const patroni = parts.patroni[0]!;
    await patroni.kill9();
    patroni.start();
    await until(
      "the stranger's slot is gone",
      async () => !(await slots()).includes("of_a_stranger"),
      30_000,
    );
    expect(await slots()).toEqual(["of_a_move"]);
    expect(await sql`show max_replication_slots`.values()).toEqual([["32"]]);
  } finally {
    await parts.stop();
  }
}, 120_000);
