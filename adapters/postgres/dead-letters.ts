// Failed tries and dead letters in one small table: rules P77 and P78. A row counts tries until it is dead, and
// stays until its event was handled after all, or dropped.

import type { DeadLetter, DeadLetters } from "#ports/dead-letters.ts";
import type { OutboxPosition } from "#ports/outbox.ts";
import { textArray } from "./arrays.ts";
import type { Database, Row } from "./database.ts";

export function openDeadLetters(database: Database): DeadLetters {
  const change = (name: string, text: string, parameters: Parameters<Database["change"]>[2]) =>
    database.change(`dead_letters.${name}`, text, parameters);
  return {
    async note({ consumer, event, content, error, at }, triesMax) {
      const values = [consumer, event, JSON.stringify(content), error, at, triesMax];
      const [row] = await change("note", noteText, values);
      return { tries: row!.tries, isDead: row!.is_dead };
    },
    async forget(consumer, events) {
      if (events.length > 0) await change("forget", forgetText, [consumer, textArray(events)]);
    },
    async retries(consumer, countMax) {
      const rows = await database.read("dead_letters.retries", retriesText, [consumer, countMax]);
      return rows.map(letterOf);
    },
    async list(countMax, consumer) {
      const rows = await database.read("dead_letters.list", listText, [consumer ?? null, countMax]);
      return rows.map(letterOf);
    },
    async retry(consumer, event) {
      return (await change("retry", retryText, [consumer, event])).length;
    },
    async drop(consumer, event) {
      return (await change("drop", dropText, [consumer, event])).length;
    },
    async count() {
      const [row] = await database.read("dead_letters.count", countText, []);
      return Number(row!.count);
    },
  };
}

function letterOf(row: Row): DeadLetter {
  return {
    consumer: row.consumer,
    event: row.event as OutboxPosition,
    content: row.content,
    error: row.error,
    tries: row.tries,
    at: Number(row.failed_at),
    isRetried: row.retry,
  };
}

const noteText = `
insert into dead_letters (consumer, event, content, tries, error, failed_at, dead_at)
values ($1, $2, $3::text::jsonb, 1, $4, $5::bigint, case when $6::int <= 1 then $5::bigint end)
on conflict (consumer, event) do update set
  tries = dead_letters.tries + 1, error = excluded.error, failed_at = excluded.failed_at,
  dead_at = case when dead_letters.tries + 1 >= $6::int then excluded.failed_at end, retry = false
returning tries, dead_at is not null as is_dead`;

const forgetText = "delete from dead_letters where consumer = $1 and event = any($2::text[])";

const retriesText = `
select consumer, event, content, tries, error, failed_at, retry
from dead_letters where consumer = $1 and retry and dead_at is not null
order by dead_at limit $2::int`;

const listText = `
select consumer, event, content, tries, error, failed_at, retry
from dead_letters where dead_at is not null and ($1::text is null or consumer = $1)
order by dead_at desc, consumer, event limit $2::int`;

const retryText = `
update dead_letters set retry = true
where consumer = $1 and ($2::text is null or event = $2) and dead_at is not null
returning 1`;

const dropText = `
delete from dead_letters
where consumer = $1 and ($2::text is null or event = $2) and dead_at is not null
returning 1`;

const countText = "select count(*) as count from dead_letters where dead_at is not null";
