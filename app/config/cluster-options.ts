// The part of the options table that tells a process its place among others.

import { integer, list, oneOf, optionalText, text, toggle } from "./option.ts";

export const roles = ["gateway", "api", "messaging", "presence", "worker"] as const;
export type Role = (typeof roles)[number];

export const clusterOptions = {
  topology: oneOf({
    group: "Cluster",
    help: "embedded: everything in this process. cluster: roles over PostgreSQL, NATS and Redis that stand elsewhere.",
    choices: ["embedded", "cluster"],
    default: "embedded",
  }),
  roles: list({
    group: "Cluster",
    help: "What this process does in a cluster; all roles where nothing is given.",
    placeholder: "role,...",
    default: [],
    check: (item) =>
      (roles as readonly string[]).includes(item) ? null : `roles out of ${roles.join(", ")}`,
  }),
  namespace: text({
    group: "Cluster",
    help: "Keeps several installations on the same NATS and Redis apart; all processes of one say the same.",
    placeholder: "name",
    default: "banyan",
    charsMax: 40,
  }),
  natsUrls: list({
    group: "Cluster",
    help: "The NATS servers; any of them will do, the first that answers is taken.",
    placeholder: "url,...",
    default: [],
    secret: true,
    check: (item) =>
      /^(nats|tls):\/\/[^\s/]+$/.test(item) ? null : "URLs such as nats://user:password@host:4222",
  }),
  natsReplicas: integer({
    group: "Cluster",
    help: "NATS nodes that keep each durable event; 3 where there are three nodes or more.",
    default: 3,
    min: 1,
    max: 5,
  }),
  redisUrl: optionalText({
    group: "Cluster",
    help: "The Redis or Valkey server of presence and shared rate limits.",
    placeholder: "url",
    secret: true,
    check: (given) =>
      /^rediss?:\/\/[^\s/]+(\/\d+)?$/.test(given) ? null : "a URL such as redis://:password@host:6379",
  }),
  postgresReplicaUrls: list({
    group: "Cluster",
    help: "Replicas of PostgreSQL, for reads that they can answer as freshly as the primary.",
    placeholder: "url,...",
    default: [],
    secret: true,
    check: (item) =>
      /^postgres(ql)?:\/\//.test(item) ? null : "URLs such as postgresql://user:password@host:5432/banyan",
  }),
  postgresConnections: integer({
    group: "Cluster",
    help: "Connections to PostgreSQL of each kind (groups, changes, reads; and to each replica).",
    default: 4,
    min: 1,
    max: 100,
  }),
  lanes: integer({
    group: "Cluster",
    help: "Groups of messages that one process writes at once; 0: one. More where a commit waits long for its replica.",
    default: 0,
    min: 0,
    max: 64,
  }),
  agentPort: integer({
    group: "Cluster",
    help: "Port on which HAProxy's agent-check hears whether this process takes new sessions; 0: none.",
    default: 0,
    min: 0,
    max: 65_535,
  }),
  reusePort: toggle({
    group: "Cluster",
    help: "Share the port with other processes of this machine; the kernel spreads the connections.",
    default: false,
  }),
  rebalance: toggle({
    group: "Cluster",
    help: "A gateway with clearly more sessions than the mean asks some to come back; not where clients keep to one gateway.",
    default: true,
  }),
};
