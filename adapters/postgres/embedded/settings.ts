// PostgreSQL's settings for the embedded topology, each with its reason. They are handed over on the command
// line at each start, so that the data directory holds no copy that could differ.

import { MiB } from "#base/units.ts";
import type { Machine } from "./machine.ts";
import type { Place } from "./place.ts";

export function settingsFor(machine: Machine, place: Place): Record<string, string> {
  const sharedBuffersMiB = clamp(Math.floor(machine.memoryBytes / MiB / 8), 64, 1024);
  return {
    // Reached through a folder that only this user may enter; no port is open to anyone.
    listen_addresses: "",
    unix_socket_directories: place.socketFolder,
    unix_socket_permissions: "0700",

    // An acknowledged message is on the disk (law 1). These are PostgreSQL's defaults; nobody is to change them.
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",

    // A share of the machine, since the rest of Banyan and the kernel's page cache live on it too.
    shared_buffers: `${sharedBuffersMiB}MB`,
    effective_cache_size: `${clamp(Math.floor(machine.memoryBytes / MiB / 2), 256, 65536)}MB`,
    work_mem: "8MB",
    maintenance_work_mem: `${clamp(sharedBuffersMiB / 2, 32, 256)}MB`,
    // Our pools take about a dozen; the rest is for backup and for a person with psql.
    max_connections: "40",

    // After a checkpoint each touched page is logged whole: seldom checkpoints make messages cheap.
    // Recovery after a crash reads at most this much, some seconds.
    max_wal_size: "4GB",
    min_wal_size: "128MB",
    checkpoint_timeout: "15min",
    // Compressing those pages (pglz, the only one in this build) takes more CPU than writing them.
    wal_compression: "off",
    wal_buffers: "16MB",

    // A move to a cluster and back copies and follows by logical replication (docs/decisions/0015-moving-up.md).
    // While tables are copied each has a slot on the one side and, until PostgreSQL 17 out of the same number, an
    // origin on the other. A slot that was forgotten is given up before it fills the disk.
    wal_level: "logical",
    max_wal_senders: "12",
    max_replication_slots: "32",
    max_logical_replication_workers: "10",
    max_worker_processes: "16",
    max_slot_wal_keep_size: "16GB",

    // After a crash one sync of the file system instead of one for each of a thousand files; it is Linux's.
    ...(process.platform === "linux" ? { recovery_init_sync_method: "syncfs" } : {}),

    // All hot statements are short and find rows by index: compiling or parallel workers would only cost.
    jit: "off",
    max_parallel_workers_per_gather: "0",
    random_page_cost: "1.1",
    // Statistics decide nothing here (plans are generic, rows found by index), and their samples cost a sort: with
    // the usual 100 some two seconds of a core a minute, while messages come quickly and partitions are young.
    default_statistics_target: "10",
    // Large tables are vacuumed after 5 % instead of 20 %.
    autovacuum_vacuum_scale_factor: "0.05",
    autovacuum_analyze_scale_factor: "0.2",
    autovacuum_max_workers: "2",

    // A caller that went away must not hold rows.
    idle_in_transaction_session_timeout: "60s",
    lock_timeout: "20s",

    // A statement that fails is told to the program, which knows what to do; PostgreSQL's log would repeat
    // values, and no message text may stand in a log (law 10).
    log_min_messages: "log",
    log_min_error_statement: "panic",
    log_error_verbosity: "terse",
    log_checkpoints: "off",
    log_timezone: "UTC",
    timezone: "UTC",
    // The processes call themselves so; tells this cluster from others of the same machine.
    cluster_name: place.title,
  };
}

/** What only the embedded version knows, 18: origins are counted by themselves there. */
export const settingsOfEighteen: Record<string, string> = {
  max_active_replication_origins: "32",
  max_sync_workers_per_subscription: "4",
};

export function asArguments(settings: Record<string, string>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function clamp(value: number, low: number, high: number): number {
  return Math.floor(Math.min(high, Math.max(low, value)));
}
