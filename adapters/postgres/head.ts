// How far the primary has written: the token of a read that a replica is to do (docs/decisions/0012). It covers
// what anyone can have had acknowledged or have seen, because PostgreSQL shows a commit only once it is on disk.

import { Gather } from "#base/gather.ts";
import type { Parameter, Row } from "./database.ts";
import { ConnectionLost } from "./failures.ts";

export interface Head {
  /** The history that is written: another one after each failover. Its mark is in the database. */
  readonly timeline: number;
  readonly system: string;
  /** Bytes of write-ahead log from its beginning. */
  readonly lsn: number;
}

export type RunOnPrimary = (text: string, parameters: readonly Parameter[]) => Promise<Row[]>;

const batchMax = 10_000;

export class HeadOfPrimary {
  readonly #run: RunOnPrimary;
  readonly #gather: Gather<null, Head>;
  #marked: Pick<Head, "timeline" | "system"> | null = null;
  /** Statements asked of the primary. */
  statements = 0;

  constructor(run: RunOnPrimary) {
    this.#run = run;
    this.#gather = new Gather({
      work: async (items) => {
        const head = await this.#read();
        return items.map(() => head);
      },
      batchMax,
      queueMax: batchMax,
    });
  }

  /** As it is at some moment after this call. One statement for all that ask at a time. */
  ask(): Promise<Head> {
    return this.#gather.ask(null);
  }

  async #read(): Promise<Head> {
    this.statements++;
    const [row] = await this.#run(headText, []);
    const { timeline, lsn } = row as { timeline: number; lsn: number };
    if (this.#marked?.timeline !== timeline) this.#marked = await this.#mark(timeline);
    return { ...this.#marked, lsn };
  }

  async #mark(timeline: number): Promise<Pick<Head, "timeline" | "system">> {
    await this.#run(markText, [timeline]);
    const [row] = await this.#run(markedText, [timeline]);
    if (!row) throw new ConnectionLost("the primary has changed meanwhile");
    return { timeline, system: row.system };
  }
}

// A replica's history is known by the first eight letters of its log files' names only where it is written.
const timelineOf = (lsn: string) => `('x' || substr(pg_walfile_name(${lsn}), 1, 8))::bit(32)::int`;

const headText = `
select (h.lsn - '0/0'::pg_lsn)::float8 as lsn, ${timelineOf("h.lsn")} as timeline
from (select pg_current_wal_flush_lsn() as lsn) h`;

const markText = `
insert into timelines (system, timeline)
select system_identifier, $1::int from pg_control_system()
where ${timelineOf("pg_current_wal_flush_lsn()")} = $1::int
on conflict do nothing`;

const markedText = `
select t.system::text as system from timelines t
where t.system = (select system_identifier from pg_control_system()) and t.timeline = $1::int`;
