// The configuration of one Patroni and of the PostgreSQL under it. Each setting has its reason; times that were
// measured stand in docs/decisions/0007-parts-of-the-cluster.md.

import { thisMachine } from "#adapters/postgres/embedded/machine.ts";
import { settingsFor } from "#adapters/postgres/embedded/settings.ts";
import { postgresFolder } from "#ops/cluster/binaries.ts";
import type { ClusterFolder } from "#ops/cluster/parts/folder.ts";
import type { Host } from "#ops/cluster/parts/part-process.ts";

export const postgresSuperuser = "postgres";
const replicator = "replicator";

export interface PatroniSpec {
  readonly folder: ClusterFolder;
  readonly name: string;
  readonly at: number;
  readonly hosts: readonly Host[];
  readonly etcd: readonly Host[];
  readonly dataFolder: string;
  readonly socketFolder: string;
}

/** JSON is YAML, so it needs no writer of its own. */
export function patroniConfiguration(spec: PatroniSpec): string {
  const { folder, name, at, hosts, etcd } = spec;
  const { ports, passwords } = folder;
  const { address } = hosts[at]!;
  const postgres = `${address}:${ports.postgres(at)}`;
  const rest = `${address}:${ports.patroni(at)}`;
  return JSON.stringify(
    {
      scope: "banyan",
      name,
      // Who asks may look; who would change something has to know the password.
      restapi: {
        listen: rest,
        connect_address: rest,
        authentication: { username: "banyan", password: passwords.patroni },
      },
      ctl: { authentication: { username: "banyan", password: passwords.patroni } },
      etcd3: { hosts: etcd.map((host, member) => `${host.address}:${ports.etcdClient(member)}`) },
      log: { level: "INFO", format: "%(asctime)s %(levelname)s: %(message)s" },
      bootstrap: {
        dcs: forAllMembers(spec),
        initdb: [
          { encoding: "UTF8" },
          // Collation: bytes, as the embedded PostgreSQL; letters' case: all of Unicode.
          { "lc-collate": "C" },
          { "lc-ctype": "C.UTF-8" },
          { locale: "C.UTF-8" },
          "data-checksums",
        ],
      },
      postgresql: {
        listen: postgres,
        connect_address: postgres,
        data_dir: spec.dataFolder,
        bin_dir: postgresFolder,
        pgpass: `${spec.socketFolder}/pgpass`,
        authentication: {
          superuser: { username: postgresSuperuser, password: passwords.postgresSuperuser },
          replication: { username: replicator, password: passwords.postgresReplication },
        },
        parameters: { unix_socket_directories: spec.socketFolder },
        pg_hba: [
          "local all all scram-sha-256",
          ...["127.0.0.1", ...hosts.flatMap((host) => [host.address, ...(host.calledFrom ?? [])])]
            .map((address) => `${address}/32`)
            .filter((network, index, all) => all.indexOf(network) === index)
            .flatMap((network) => [
              `host all all ${network} scram-sha-256`,
              `host replication ${replicator} ${network} scram-sha-256`,
            ]),
        ],
        // A copy begins with a checkpoint at once instead of one spread over minutes.
        basebackup: [{ checkpoint: "fast" }],
      },
    },
    null,
    2,
  );
}

/** Kept in etcd once the cluster is made; from then on `patronictl edit-config` changes it. */
function forAllMembers({ folder, hosts, name }: PatroniSpec): object {
  return {
    // The leader says every second that it lives; silent for 5 s it is replaced (ops/cluster/patroni-quick.py).
    loop_wait: 1,
    retry_timeout: 2,
    ttl: 5,
    // A leader that cannot reach etcd goes on as long as it reaches every other member: etcd may fall.
    failsafe_mode: true,
    // A crashed primary is not waited for, the standby that has everything takes over.
    primary_start_timeout: 0,
    // A standby that has everything that was ever acknowledged is the only one that may take over.
    synchronous_mode: hosts.length > 1,
    synchronous_node_count: 1,
    // Patroni drops slots that it did not make; those of a move (./banyan migrate) are not its own.
    ignore_slots: [{ type: "logical", plugin: "pgoutput" }],
    postgresql: {
      use_pg_rewind: true,
      use_slots: true,
      parameters: postgresParameters(folder, name, hosts.length),
    },
  };
}

export function postgresParameters(
  folder: ClusterFolder,
  title: string,
  members: number,
): Record<string, string | number> {
  const whole = thisMachine();
  // Patroni sets these three itself.
  const {
    listen_addresses: _listens,
    unix_socket_directories: _sockets,
    cluster_name: _named,
    ...shared
  } = settingsFor(
    { ...whole, memoryBytes: whole.memoryBytes / members },
    { folder: folder.path, socketFolder: "", logFile: "", title },
  );
  return {
    ...shared,
    // Pools of many processes: 20 processes with 8 connections, and what is left for backup and people.
    max_connections: 200,
    // Ready for a copy to another PostgreSQL by logical replication; costs a few bytes per changed row.
    wal_level: "logical",
    max_wal_senders: 10,
    // A move from elsewhere copies its tables through one each, beside those of the replicas.
    max_replication_slots: 32,
    // A replica that was away this long must be copied anew; it must not fill the primary's disk.
    max_slot_wal_keep_size: "4GB",
    wal_keep_size: "256MB",
    max_wal_size: "2GB",
    // Needed to take a former primary back without copying it (with checksums it is on in effect anyway).
    wal_log_hints: "on",
    // WAL is written once and sent twice; LZ4 costs less than that (the embedded build has no LZ4).
    wal_compression: "lz4",
    // Reads on replicas take milliseconds, so what they hold back on the primary is nothing; without it a
    // vacuum would cancel them.
    hot_standby_feedback: "on",
    // A longer read on a replica is ended rather than let the replica fall behind.
    max_standby_streaming_delay: "2s",
    // Links that died without a word are found out soon.
    wal_sender_timeout: "3s",
    wal_receiver_timeout: "3s",
    wal_receiver_status_interval: "1s",
    wal_retrieve_retry_interval: "500ms",
    tcp_keepalives_idle: 5,
    tcp_keepalives_interval: 2,
    tcp_keepalives_count: 3,
    tcp_user_timeout: 10_000,
    password_encryption: "scram-sha-256",
  };
}
