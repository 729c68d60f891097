// ./banyan balancer-config: prints HAProxy's configuration for the given addresses, ready for `haproxy -f`.

import type { Command } from "commander";
import { StartProblem } from "#app/start-problem.ts";
import { haproxyConfig } from "#ops/cluster/haproxy-config.ts";
import type {
  Address,
  BalancedProcess,
  HaproxySpec,
  PostgresBehindHaproxy,
} from "#ops/cluster/haproxy-spec.ts";

interface Flags {
  readonly listen: string;
  readonly certificate?: string;
  readonly redirectFrom?: string;
  readonly outer?: string;
  readonly outerCertificate?: string;
  readonly outerEndsTls?: boolean;
  readonly gateway: string[];
  readonly api: string[];
  readonly postgres: string[];
  readonly postgresPrimary: string;
  readonly postgresReplicas: string;
  readonly statsSocket?: string;
  readonly metrics?: string;
  readonly resolver?: string;
}

const each = (item: string, before: string[]) => [...before, item];

export function define(command: Command): void {
  command
    .option("--listen <address:port>", "Where clients arrive.", "0.0.0.0:443")
    .option("--certificate <file>", "Certificate, chain and key in one PEM file; turns TLS and HTTP/2 on.")
    .option("--redirect-from <address:port>", "Send plain requests on to https.")
    .option("--outer <address:port>", "Where a balancer further out arrives, with the PROXY protocol.")
    .option("--outer-certificate <file>", "TLS between that balancer and this one.")
    .option("--outer-ends-tls", "That balancer ends the clients' TLS.")
    .option("--gateway <name=address:port/agent>", "A gateway process; once for each.", each, [])
    .option("--api <name=address:port/agent>", "An API process; once for each.", each, [])
    .option(
      "--postgres <name=address:port/rest>",
      "A PostgreSQL node and Patroni's port; once for each.",
      each,
      [],
    )
    .option("--postgres-primary <address:port>", "Where the primary is reached.", "127.0.0.1:5000")
    .option("--postgres-replicas <address:port>", "Where the replicas are reached.", "127.0.0.1:5001")
    .option("--stats-socket <path>", "Socket for operators and reloads.")
    .option("--metrics <address:port>", "Where Prometheus reads HAProxy's own figures.")
    .option("--resolver <address:port>", "Name server to be asked again when processes move.");
  command.action(() => {
    const text = haproxyConfig(specOf(command.opts<Flags>())).trimEnd();
    console.log(
      `# Change this line and run it again:\n# ./banyan ${process.argv.slice(2).join(" ")}\n${text}`,
    );
  });
}

function specOf(flags: Flags): HaproxySpec {
  const { certificate, outerCertificate, statsSocket, resolver } = flags;
  const outer = flags.outer === undefined ? undefined : address(flags.outer);
  return {
    listen: { ...address(flags.listen), ...(certificate && { certificate }) },
    ...(flags.redirectFrom && { redirectFrom: address(flags.redirectFrom) }),
    ...(outer && {
      outer: {
        ...outer,
        ...(outerCertificate && { certificate: outerCertificate }),
        endsTls: flags.outerEndsTls === true,
      },
    }),
    gateways: flags.gateway.map(balanced),
    api: flags.api.map(balanced),
    ...(flags.postgres.length > 0 && { postgres: postgres(flags) }),
    ...(statsSocket && { statsSocket }),
    ...(flags.metrics && { metrics: address(flags.metrics) }),
    ...(resolver && { resolver }),
  };
}

function postgres(flags: Flags): PostgresBehindHaproxy {
  const nodes = flags.postgres.map((given) => {
    const { agentPort, ...node } = balanced(given);
    return { ...node, restPort: agentPort };
  });
  return { primary: address(flags.postgresPrimary), replicas: address(flags.postgresReplicas), nodes };
}

/** name=host:port/agentPort */
function balanced(given: string): BalancedProcess {
  const parts = /^([^=]+)=(.+)\/(\d{1,5})$/.exec(given);
  if (!parts) return wrong(given, "name=address:port/port, such as g1=10.0.0.11:7226/7326");
  return { name: parts[1]!, ...address(parts[2]!), agentPort: Number(parts[3]) };
}

function address(given: string): Address {
  const parts = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(given);
  if (!parts) return wrong(given, "address:port, such as 0.0.0.0:443 or [::]:443");
  return { host: parts[1] ?? parts[2]!, port: Number(parts[3]) };
}

function wrong(given: string, wanted: string): never {
  throw new StartProblem(`${JSON.stringify(given)} is not understood.`, `Write ${wanted}.`);
}
