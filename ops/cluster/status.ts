// ./banyan cluster status: one line for each process, as a table.

import { minuteMs, secondMs } from "#base/units.ts";
import { auditLine, readAudit } from "#ops/audit-line.ts";
import type { OneMachine } from "#ops/cluster/cluster-on-one-machine.ts";
import type { PartProcess } from "#ops/cluster/parts/part-process.ts";
import { memberState } from "#ops/cluster/parts/postgres.ts";

const titles = ["part", "process", "port", "state", "role", "since", "log"];

/** The lines, and whether everything is ready. */
export async function status(cluster: OneMachine): Promise<{ lines: string[]; ready: boolean }> {
  const states = await Promise.all(cluster.all.map(stateOf));
  const roles = await Promise.all(cluster.all.map((part) => roleOf(cluster, part)));
  const rows = cluster.all.flatMap((part, at) => {
    const row = [
      part.name,
      String(part.pid() ?? "-"),
      String(part.port),
      states[at]!,
      roles[at]!,
      age(part.since()),
      part.logFile,
    ];
    return [row, ...postgresRows(cluster, part)];
  });
  const gateways = cluster.all.filter((part) => part.definition.env?.BANYAN_ROLES?.includes("gateway"));
  const audit = await readAudit(
    gateways.map(({ definition, port }) => `http://${definition.host.address}:${port}`),
    null,
  );
  const delivery = audit === null ? [] : ["", `Delivery: ${auditLine(audit)}.`];
  return {
    lines: [...table([titles, ...rows]), ...delivery],
    ready: states.every((state) => state === "ready"),
  };
}

/** Patroni's PostgreSQL is a process of its own and has its line below it. */
function postgresRows({ parts }: OneMachine, part: PartProcess): string[][] {
  const node = parts.postgres[parts.patroni.indexOf(part)];
  if (!node) return [];
  const pid = node.postmasterPid();
  return [
    [
      `  ${node.name}`,
      String(pid ?? "-"),
      String(node.port),
      pid === null ? "stopped" : "runs",
      "",
      "",
      part.logFile,
    ],
  ];
}

async function stateOf(part: PartProcess): Promise<string> {
  if (part.pid() === null) return "stopped";
  return (await part.isReady()) ? "ready" : "not ready";
}

async function roleOf({ parts }: OneMachine, part: PartProcess): Promise<string> {
  if (part.pid() === null) return "";
  if (parts.patroni.includes(part)) {
    const member = await memberState(part.definition.host, part.port);
    return member ? (member.sync_standby ? "synchronous replica" : member.role) : "unknown";
  }
  return part.definition.env?.BANYAN_ROLES ?? "";
}

function age(since: number | null): string {
  if (since === null) return "-";
  const ms = Date.now() - since;
  if (ms < minuteMs) return `${Math.round(ms / secondMs)} s`;
  const minutes = Math.floor(ms / minuteMs);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

function table(rows: string[][]): string[] {
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
