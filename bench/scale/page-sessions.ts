// The part of docs/scale.md about live sessions.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Curve, curveOf } from "./curve-fit.ts";
import { images, newestOf, picture, range, seed, table, told, us, whole } from "./page-parts.ts";
import { tried } from "./page-tried.ts";
import { pointsOf, type Stamp } from "./record.ts";
import type { SessionsPoint } from "./session-point.ts";

export function sessionsSection(): string {
  const points = newestOf(
    pointsOf<SessionsPoint>("sessions"),
    ({ wanted, smol, heartbeatMs, conversationsEach, gateways }) =>
      `${wanted} ${smol} ${heartbeatMs} ${conversationsEach} ${gateways}`,
    isUndisturbed,
  )
    .filter(({ live }) => live > 0)
    .sort((one, other) => one.live - other.live);
  if (points.length === 0) return "## Live sessions\n\nNothing was measured yet.";
  const probed = points.filter(isTold);
  drawPictures(points, probed);
  const last = points.at(-1)!;
  const walled = points.filter(({ wall, wanted }) => wall && wanted > last.live);
  const walls = walled.map(({ wall, wanted }) => `- At ${whole(wanted)}: ${wall}.`);
  return [
    "## Live sessions",
    told({ ...last, quiet: isUndisturbed(last) }),
    `A person is in one conversation of two and four of ten, whose members sit at all gateways; a session follows as many of them as the table says, and pings as often as the table says (\`heartbeatSeconds\` of the gateways; 30 where nothing is configured). They come gateway by gateway, two at a time. The server is a cluster of one PostgreSQL, one NATS, Redis, one process of each service, and a gateway for each 18,600 sessions: a process may open 20,000 descriptors here. The clients are processes of a C program that holds sockets and little else. KiB are beyond what the same processes take without sessions; "in all" is what the machine no longer has available, base of all processes included, for each session. The server's part holds PostgreSQL, NATS and Redis. The 1:1 messages come at 200 a second, the room's at 20: so few that nothing shares a statement or a wake-up, and most of a cost is the waking of processes. With more gateways it grows, because each of them hears all changes of the buckets in which it follows much ([0009](decisions/0009-nats.md)). What is called not quiet had others at work on the machine while the crowd was idle.`,
    table(
      [
        "live",
        "conversations",
        "gateways",
        "ping, s",
        "all in, s",
        "CPU a login, us",
        "server, KiB",
        "kernel (both ends), KiB",
        "generator, KiB",
        "in all, KiB",
        "idle, cores",
        "1:1, us",
        "p99, ms",
        "room delivery, us",
        "p99, ms",
        "",
      ],
      points.map(rowOf),
    ),
    existsSync(join(images, "scale-sessions-memory.svg"))
      ? "![Memory of a live session](images/scale-sessions-memory.svg)"
      : "",
    probed.length > 0 ? "![A 1:1 message beside so many sessions](images/scale-sessions-cost.svg)" : "",
    growthText(probed),
    walls.length > 0 ? `**The wall.**\n\n${walls.join("\n")}\n\n${wallText(walled.at(-1)!)}` : "",
    baseText(last),
    tried,
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function drawPictures(points: readonly SessionsPoint[], probed: readonly SessionsPoint[]): void {
  picture(
    "sessions-memory",
    "Memory of a live session, everything on this machine counted",
    "KiB",
    "live sessions",
    [
      { name: "server", points: points.map((it) => ({ n: it.live, y: serverKiB(it) })) },
      {
        name: "kernel, both ends",
        points: points.map((it) => ({ n: it.live, y: it.kiBPerSession.kernel! })),
      },
      { name: "generator", points: points.map((it) => ({ n: it.live, y: it.kiBPerSession.generator! })) },
    ],
  );
  if (probed.length > 0)
    picture("sessions-cost", "A 1:1 message beside so many sessions", "us", "live sessions", [
      {
        name: "CPU of all server parts",
        points: probed.map((it) => ({ n: it.live, y: it.probe!.directCpuUs })),
      },
    ]);
}

function rowOf(it: SessionsPoint & Stamp): string[] {
  return [
    whole(it.live),
    `${it.conversationsEach}${it.asIfGateways ? ` (as if of ${it.asIfGateways} gateways)` : ""}`,
    `${it.gateways}${it.smol ? " (smol)" : ""}`,
    (it.heartbeatMs / 1000).toFixed(0),
    it.loginSeconds.toFixed(1),
    us(sum(it.loginCpuUsPerSession)),
    serverKiB(it).toFixed(1),
    it.kiBPerSession.kernel!.toFixed(1),
    it.kiBPerSession.generator!.toFixed(2),
    it.wholeKiBPerSession.toFixed(1),
    it.idleCores.server.toFixed(2),
    isTold(it) ? us(it.probe!.directCpuUs) : "-",
    isTold(it) ? `${it.probe!.directAckP99Ms.toFixed(0)}` : "-",
    isTold(it) ? us(it.probe!.roomDeliveryCpuUs) : "-",
    isTold(it) ? `${it.probe!.roomDeliveryP99Ms.toFixed(0)}` : "-",
    isUndisturbed(it) ? "" : "not quiet",
  ];
}

/** While the crowd was idle nobody else worked: the machine tells that by itself. */
function isUndisturbed({ quiet, idleCores }: SessionsPoint & Stamp): boolean {
  return quiet || idleCores.machine - idleCores.server - idleCores.generator < othersCoresMax;
}
const othersCoresMax = 0.15;

const usualHeartbeatMs = 30_000;

/** How the memory of a session and the cost of a message change with each tenfold of sessions. */
function growthText(points: readonly SessionsPoint[]): string {
  const large = points.filter(({ live }) => live >= 10_000);
  // Memory does not depend on pings; what newcomers and messages cost beside them does.
  const usual = large.filter(({ heartbeatMs }) => heartbeatMs === usualHeartbeatMs);
  if (usual.length < 4) return "";
  const of = (y: (point: SessionsPoint) => number, among: readonly SessionsPoint[]) =>
    curveOf(
      among.map((it) => ({ n: it.live, y: y(it) })),
      seed,
    );
  const row = (name: string, { kind, growthPerDecade: growth }: Curve) => [
    name,
    kind,
    range(growth, (share) => `${(100 * share).toFixed(0)} %`),
  ];
  return table(
    ["from 10,000 sessions on", "best curve", "growth with each tenfold (95 %)"],
    [
      row("server memory of a session", of(serverKiB, large)),
      row(
        "kernel memory of a session",
        of((it) => it.kiBPerSession.kernel!, large),
      ),
      row(
        "CPU of a login, pings every 30 s",
        of((it) => sum(it.loginCpuUsPerSession), usual),
      ),
      row(
        "CPU of a 1:1 message, pings every 30 s",
        of((it) => it.probe!.directCpuUs, usual),
      ),
    ],
  );
}

/** What a million would take, if it went on as at the largest number: a calculation, and named one. */
function wallText({ live, memory, idleCores, heartbeatMs }: SessionsPoint): string {
  const { empty, full } = memory;
  const baseGiB = (memory.before.availableKiB - empty.availableKiB) / 2 ** 20;
  const sessionsGiB = (empty.availableKiB - full.availableKiB) / 2 ** 20;
  const million = baseGiB + (sessionsGiB * 1e6) / live;
  return `What stopped it is the processor. With ${whole(live)} sessions that only ping every ${heartbeatMs / 1000} s the server's processes take ${idleCores.server.toFixed(2)} and the generator ${idleCores.generator.toFixed(2)} of the cores, and newcomers have what is left. Memory would not have stopped it: the processes took ${baseGiB.toFixed(1)} GiB before anybody came and the sessions ${sessionsGiB.toFixed(1)} GiB, so a million would take ${million.toFixed(1)} GiB if it went on like this (calculated, not measured).`;
}

function serverKiB({ kiBPerSession }: SessionsPoint): number {
  return kiBPerSession.server! + kiBPerSession.postgres!;
}

function baseText({ memory, gateways }: SessionsPoint): string {
  const parts = Object.entries(memory.empty.partsKiB).map(([part, kiB]) => {
    const many = part === "gateway" ? `${gateways} gateways` : part;
    return `${many} ${Math.round(kiB / 1024)} MiB`;
  });
  return `Before anybody comes these processes take: ${parts.join(", ")}.`;
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((all, one) => all + one, 0);
}

/** A probe of which nothing came through tells nothing, and what is less than the crowd's own noise neither. */
const isTold = ({ probe }: SessionsPoint) =>
  probe !== null &&
  probe.directDone > 0.9 &&
  probe.roomDone > 0.9 &&
  probe.directCpuUs > 0 &&
  probe.roomDeliveryCpuUs > 0;
