// Partitioning for plain PostgreSQL: the one place that knows how conversation-side tables are split by bucket.
// (An engine that distributes tables has a file like this of its own.)

import { bucketCount } from "#base/ids.ts";
import { laneCount, laneOfBucket, partitionOf } from "../lanes.ts";

/** One `create table` for each lane's partition of `table`. `storage`: such as "fillfactor = 50". */
export function partitionsOf(table: string, storage = ""): string[] {
  return Array.from({ length: laneCount }, (_, lane) => {
    const options = storage === "" ? "" : ` with (${storage})`;
    return `create table ${partitionOf(table, lane)} partition of ${table} for values in (${bucketsOf(lane)})${options}`;
  });
}

function bucketsOf(lane: number): string {
  const buckets = Array.from({ length: bucketCount }, (_, bucket) => bucket);
  return buckets.filter((bucket) => laneOfBucket(bucket) === lane).join(", ");
}
