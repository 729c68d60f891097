// Leases as rows of one small table that is not distributed; the time is the database's. Rule P79.

import type { Leases } from "#ports/leases.ts";
import type { Database } from "./database.ts";

export function openLeases(database: Database): Leases {
  return {
    async hold(name, holder, forMs) {
      return (await database.change("leases.hold", holdText, [name, holder, forMs])).length === 1;
    },
    async release(name, holder) {
      await database.change("leases.release", releaseText, [name, holder]);
    },
  };
}

const holdText = `
insert into leases (name, holder, expires_at)
values ($1, $2, clock_timestamp() + $3::int * interval '1 millisecond')
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
where leases.holder = excluded.holder or leases.expires_at <= clock_timestamp()
returning 1`;

const releaseText = "delete from leases where name = $1 and holder = $2";
