// The parts under a cluster, as a process of it would meet them: whether each answers, is new enough, and keeps what
// it is given as safely as Banyan relies on. Nothing is written to any of them.

import { openNats } from "#adapters/nats/connection.ts";
import { linkTo } from "#adapters/postgres/copying/link.ts";
import { openRedis } from "#adapters/redis/connection.ts";
import type { Config } from "#app/config.ts";
import { MiB } from "#base/units.ts";
import { type Check, doubtful, type Finding, ill, well } from "#ops/doctor/finding.ts";

export const clusterChecks: readonly Check[] = [
  { name: "PostgreSQL", look: postgres },
  { name: "replicas", look: replicas },
  { name: "NATS", look: nats },
  { name: "Redis", look: redis },
];

const answerWithinMs = 5_000;
const oldest = { postgres: 15, nats: [2, 10], redis: [6, 2] } as const;
const payloadMiB = 8;

async function postgres({ postgresUrl }: Config): Promise<Finding> {
  const facts = await askPostgres(postgresUrl!);
  if ("why" in facts) return ill(`${hostOf(postgresUrl!)}: ${facts.why}`);
  const { version, commit, standbys, isReplica } = facts;
  if (Number.parseInt(version, 10) < oldest.postgres)
    return ill(`${version} is too old; ${oldest.postgres} or newer is needed`);
  if (isReplica) return ill(`${version}, a replica: lead ${hostOf(postgresUrl!)} to the primary`);
  if (commit === "off" || commit === "local")
    return ill(`synchronous_commit is ${commit}: what was acknowledged can be lost; set it to on`);
  const primary = `${version}, primary, synchronous_commit ${commit}`;
  if (standbys === "")
    return doubtful(
      `${primary}, but no standby confirms (synchronous_standby_names is empty): one lost disk loses messages`,
    );
  return well(`${primary}, confirmed by ${standbys}`);
}

async function replicas({ postgresReplicaUrls }: Config): Promise<Finding> {
  if (postgresReplicaUrls.length === 0) return well("none; the primary answers every read");
  for (const url of postgresReplicaUrls) {
    const facts = await askPostgres(url);
    if ("why" in facts) return doubtful(`${hostOf(url)}: ${facts.why}; the primary reads instead`);
    if (!facts.isReplica) return doubtful(`${hostOf(url)} is a primary: its reads are not spread`);
  }
  return well(`${postgresReplicaUrls.map(hostOf).join(", ")} answer as replicas`);
}

interface PostgresFacts {
  readonly version: string;
  readonly commit: string;
  readonly standbys: string;
  readonly isReplica: boolean;
}

async function askPostgres(url: string): Promise<PostgresFacts | { readonly why: string }> {
  const link = linkTo({ url });
  try {
    const [row] = await inTime(link.ask(factsText));
    return row as PostgresFacts;
  } catch (error) {
    return { why: reasonOf(error) };
  } finally {
    await link.close().catch(() => {});
  }
}

const factsText = `
select split_part(current_setting('server_version'), ' ', 1) as version,
  current_setting('synchronous_commit') as commit, current_setting('synchronous_standby_names') as standbys,
  pg_is_in_recovery() as "isReplica"`;

async function nats({ natsUrls, natsReplicas, namespace }: Config): Promise<Finding> {
  const answers = await Promise.all(natsUrls.map((url) => askNats(url, namespace)));
  const here = answers.filter((it) => "version" in it);
  if (here.length === 0) return ill(answers.map((it) => ("why" in it ? it.why : "")).join("; "));
  const old = here.find(({ version }) => isOlder(version, oldest.nats));
  if (old) return ill(`${old.version} is too old; ${oldest.nats.join(".")} or newer is needed`);
  if (here.some((it) => !it.jetstream)) return ill("JetStream is off: durable events have no place");
  const nodes = Math.max(...here.map((it) => it.nodes));
  if (nodes < natsReplicas)
    return ill(
      `${nodes} of the ${natsReplicas} nodes that shall keep durable events; start more, or use --nats-replicas 1`,
    );
  const away = answers.flatMap((it) => ("why" in it ? [it.why] : []));
  const said = `${here[0]!.version}, ${nodes} ${nodes === 1 ? "node" : "nodes"} with JetStream`;
  if (away.length > 0) return doubtful(`${said}, but ${away.join("; ")}`);
  const payload = Math.min(...here.map((it) => it.payloadBytes)) / MiB;
  if (payload < payloadMiB)
    return doubtful(`${said}; max_payload is ${payload} MiB, set it to ${payloadMiB}MB for large changes`);
  return well(said);
}

interface NatsFacts {
  readonly version: string;
  readonly jetstream: boolean;
  readonly nodes: number;
  readonly payloadBytes: number;
}

async function askNats(url: string, namespace: string): Promise<NatsFacts | { readonly why: string }> {
  try {
    const withinMs = answerWithinMs;
    const { connection, close } = await openNats({
      urls: [url],
      name: "banyan doctor",
      namespace,
      onFailure() {},
      withinMs,
    });
    const info = connection.info!;
    await close();
    const others = info.cluster === undefined ? [] : (info.connect_urls ?? []);
    const jetstream = (info as { readonly jetstream?: boolean }).jetstream === true;
    return {
      version: info.version,
      jetstream,
      nodes: Math.max(1, others.length),
      payloadBytes: info.max_payload,
    };
  } catch (error) {
    return { why: `${hostOf(url)}: ${reasonOf(error)}` };
  }
}

async function redis({ redisUrl, namespace }: Config): Promise<Finding> {
  let why = "it does not answer";
  const connection = openRedis({
    url: redisUrl!,
    namespace,
    onEvent: ({ kind, detail }) => {
      if (kind === "away") why = detail;
    },
  });
  try {
    await inTime(new Promise<void>((ready) => connection.onReady(ready)));
    const [about] = (await inTime(connection.ask([["info"]]))) as [string];
    const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(about)?.[1] ?? "";
    const version = fact("valkey_version") || fact("redis_version");
    if (isOlder(version, oldest.redis))
      return ill(`${version} is too old; ${oldest.redis.join(".")} or newer is needed`);
    const policy = fact("maxmemory_policy");
    if (fact("maxmemory") !== "0" && policy.startsWith("allkeys"))
      return doubtful(`${version}, maxmemory-policy ${policy} forgets who is online; set volatile-ttl`);
    return well(`${version}, maxmemory-policy ${policy}`);
  } catch {
    return ill(`${hostOf(redisUrl!)}: ${why}`);
  } finally {
    await connection.close();
  }
}

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [a = 0, b = 0] = version.split(".").map(Number);
  return a < major || (a === major && b < minor);
}

/** Never the URL itself, which holds a password. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : "what was given";
}

function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n")[0]!;
}

function inTime<T>(work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error("it does not answer")), answerWithinMs);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}
