// docs/scale.md and its pictures, made from bench/scale/*.ndjson and the model: `./banyan bench scale page`.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { modelSection } from "#bench/model/page-section.ts";
import type { Unit } from "#bench/plots/units.ts";
import { type Curve, curveOf, valueAt } from "./curve-fit.ts";
import { curvePlot, type Series } from "./curve-plot.ts";
import type { ActCost, Costs } from "./message-costs.ts";
import type { MessagesPoint } from "./messages.ts";
import { table, told } from "./page-parts.ts";
import { tried } from "./page-tried.ts";
import { pointsOf, type Stamp } from "./record.ts";
import type { SessionsPoint } from "./session-point.ts";

const docs = join(import.meta.dir, "../../docs");
const images = join(docs, "images");
const allActs = ["send", "open", "page", "resume", "search"] as const;
type Act = keyof Costs;
const seed = 7226;

export function writeScalePage(): void {
  mkdirSync(images, { recursive: true });
  const sections = [opening, sessionsSection(), messagesSection(), modelSection()];
  const page = join(docs, "scale.md");
  writeFileSync(page, `${sections.join("\n\n").trim()}\n`);
  Bun.spawnSync([join(docs, "../node_modules/.bin/biome"), "format", "--write", page]);
}

const opening = `# Scale

How costs change as the number of live sessions and of stored messages grows, and a model that predicts them. This page
is written by \`./banyan bench scale page\` from what was measured (bench/scale, bench/model); run anything of it again
with the command that stands above it. Server, database and load generator share one machine.`;

/** The newest of each number; a quiet one before one that was not. */
function newestOf<T extends Stamp>(
  points: readonly T[],
  key: (point: T) => string,
  isQuiet: (point: T) => boolean = ({ quiet }) => quiet,
): T[] {
  const found = new Map<string, T>();
  for (const point of points) {
    const there = found.get(key(point));
    if (!there || isQuiet(point) || !isQuiet(there)) found.set(key(point), point);
  }
  return [...found.values()];
}

function sessionsSection(): string {
  const points = newestOf(
    pointsOf<SessionsPoint>("sessions"),
    ({ wanted, smol, heartbeatMs, conversationsEach, gateways }) =>
      `${wanted} ${smol} ${heartbeatMs} ${conversationsEach} ${gateways}`,
    isUndisturbed,
  )
    .filter(({ live }) => live > 0)
    .sort((one, other) => one.live - other.live);
  if (points.length === 0) return "## Live sessions\n\nNothing was measured yet.";
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
  const probed = points.filter(isTold);
  if (probed.length > 0)
    picture("sessions-cost", "A 1:1 message beside so many sessions", "us", "live sessions", [
      {
        name: "CPU of all server parts",
        points: probed.map((it) => ({ n: it.live, y: it.probe!.directCpuUs })),
      },
    ]);
  const rows = points.map((it) => [
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
  ]);
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
      rows,
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

/** While the crowd was idle nobody else worked: the machine tells that by itself. */
function isUndisturbed({ quiet, idleCores }: SessionsPoint & Stamp): boolean {
  return quiet || idleCores.machine - idleCores.server - idleCores.generator < othersCoresMax;
}
const othersCoresMax = 0.15;

/** How the memory of a session and the cost of a message change with each tenfold of sessions. */
function growthText(points: readonly SessionsPoint[]): string {
  const large = points.filter(({ live }) => live >= 10_000);
  if (large.length < 4) return "";
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
        "CPU of a login",
        of((it) => sum(it.loginCpuUsPerSession), large),
      ),
      row(
        "CPU of a 1:1 message",
        of((it) => it.probe!.directCpuUs, large),
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

/** A part for each machine: between two, the same work may differ by a factor. */
function messagesSection(): string {
  const byKernel = Map.groupBy(pointsOf<MessagesPoint>("messages"), ({ machine }) => machine.kernel);
  if (byKernel.size === 0) return "## Stored messages\n\nNothing was measured yet.";
  const newestFirst = [...byKernel.values()].reverse();
  const parts = newestFirst.map((points, at) => messagesPart(points, at === 0 ? "" : `-${at + 1}`));
  return ["## Stored messages", ...parts].join("\n\n");
}

/** `mark` tells its picture from those of the other parts. */
function messagesPart(all: readonly (MessagesPoint & Stamp)[], mark: string): string {
  const points = newestOf(all, ({ messages }) => String(messages)).sort(
    (one, other) => one.messages - other.messages,
  );
  const acts = allActs.filter((act) => points.some((it) => costsOf(it, act).length > 0));
  const curves = Object.fromEntries(acts.map((act) => [act, curveOfAct(points, act)]));
  const first = points[0]!.messages;
  if (points.length > 1)
    picture(
      `messages-cost${mark}`,
      "What an act costs with so many messages stored",
      "us",
      "stored messages",
      [
        ...acts.map((act) => ({
          name: `${act}: ${curves[act]!.kind}`,
          points: dotsOf(points, act),
          fitted: (n: number) => valueAt(curves[act]!, first, n),
        })),
      ],
    );
  const last = points.at(-1)!;
  return [
    told(last),
    `One embedded server with its PostgreSQL 18, on one core; conversations of ten with 250 messages each. Each act goes to conversations that were drawn from all there are and that no cache of Banyan's has seen (the server has just started); PostgreSQL's data lies in the page cache as far as memory goes. _Open_: the conversation and its newest 50 messages over HTTP; _page_: 50 messages from anywhere in it; _resume_: connect, hello, and the changes of one conversation that was left 20 messages ago; _send_: at 200/s between two members who are there${acts.includes("search") ? "; _search_: for one of all people by handle, of whom there are ten for each thousand messages" : ""}. Messages cannot be searched yet: the API has no such request. Values are medians of ${last.costs.length} rounds.`,
    table(
      ["stored", ...acts.flatMap((act) => [`${act}, us CPU`, "p50, ms", "p99, ms"]), ""],
      points.map((it) => [
        whole(it.messages),
        ...acts.flatMap((act) => [
          median(it, act, "cpuUs", us),
          median(it, act, "p50Ms", tenths),
          median(it, act, "p99Ms", tenths),
        ]),
        it.quiet ? "" : "not quiet",
      ]),
    ),
    points.length > 1
      ? `![What an act costs with so many messages stored](images/scale-messages-cost${mark}.svg)`
      : "",
    points.length > 2
      ? table(
          ["CPU of a", "best curve", "growth with each tenfold (95 %)", "exponent of the power (95 %)"],
          acts.map((act) => {
            const { kind, growthPerDecade: growth, exponent } = curves[act]!;
            return [
              act,
              kind,
              range(growth, (share) => `${(100 * share).toFixed(1)} %`),
              range(exponent, (it) => it.toFixed(3)),
            ];
          }),
        )
      : "",
    points.length > 2
      ? "The curve is the one with the least corrected Akaike criterion; the slower one where another is not better by 2."
      : "",
    `On the disk a message of about 95 bytes of text takes ${Math.round(last.bytesPerMessage.table)} bytes of table and ${Math.round(last.bytesPerMessage.indexes)} of indexes.`,
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function curveOfAct(points: readonly MessagesPoint[], act: Act): Curve {
  return curveOf(dotsOf(points, act), seed);
}

function dotsOf(points: readonly MessagesPoint[], act: Act): { n: number; y: number }[] {
  return points.flatMap((it) => costsOf(it, act).map(({ cpuUs }) => ({ n: it.messages, y: cpuUs })));
}

/** Of all rounds that measured it. */
function costsOf({ costs }: MessagesPoint, act: Act): ActCost[] {
  return costs.flatMap((one) => one[act] ?? []);
}

function median(
  point: MessagesPoint,
  act: Act,
  key: "cpuUs" | "p50Ms" | "p99Ms",
  text: (value: number) => string,
): string {
  const sorted = costsOf(point, act)
    .map((one) => one[key])
    .sort((a, b) => a - b);
  return sorted.length === 0 ? "-" : text(sorted[sorted.length >> 1]!);
}

function range(it: { value: number; low: number; high: number }, text: (value: number) => string): string {
  return `${text(it.value)} (${text(it.low)} to ${text(it.high)})`;
}

function picture(name: string, title: string, unit: Unit, of: string, series: readonly Series[]): void {
  writeFileSync(join(images, `scale-${name}.svg`), curvePlot(title, unit, of, series));
}

function sum(values: Readonly<Record<string, number>>): number {
  return Object.values(values).reduce((all, one) => all + one, 0);
}

const whole = (value: number) => Math.round(value).toLocaleString("en");
const tenths = (value: number) => value.toFixed(1);
const us = (value: number) => (value >= 100 ? whole(value) : value.toFixed(1));
/** A probe of which nothing came through tells nothing, and what is less than the crowd's own noise neither. */
const isTold = ({ probe }: SessionsPoint) =>
  probe !== null &&
  probe.directDone > 0.9 &&
  probe.roomDone > 0.9 &&
  probe.directCpuUs > 0 &&
  probe.roomDeliveryCpuUs > 0;
