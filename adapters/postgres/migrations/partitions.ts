// Partitioning for plain PostgreSQL: the one place that knows how conversation-side tables are split by bucket.
// (An engine that distributes tables has a file like this of its own.)

import { bucketCount } from "#base/ids.ts";
import { partitionCount, partitionName, partitionOfBucket } from "../partitions.ts";

/** One `create table` for each partition of `table`. `storage`: such as "fillfactor = 50". */
export function partitionsOf(table: string, storage = ""): string[] {
  return Array.from({ length: partitionCount }, (_, partition) => {
    const options = storage === "" ? "" : ` with (${storage})`;
    return `create table ${partitionName(table, partition)} partition of ${table} for values in (${bucketsOf(partition)})${options}`;
  });
}

function bucketsOf(partition: number): string {
  const buckets = Array.from({ length: bucketCount }, (_, bucket) => bucket);
  return buckets.filter((bucket) => partitionOfBucket(bucket) === partition).join(", ");
}
