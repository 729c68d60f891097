// The part of docs/scale.md about stored messages.

import { type Curve, curveOf, valueAt } from "./curve-fit.ts";
import type { ActCost, Costs } from "./message-costs.ts";
import type { MessagesPoint } from "./messages.ts";
import { newestOf, picture, range, seed, table, told, us, whole } from "./page-parts.ts";
import { pointsOf, type Stamp } from "./record.ts";

const allActs = ["send", "open", "page", "resume", "search"] as const;
type Act = keyof Costs;

/** A part for each machine: between two, the same work may differ by a factor. */
export function messagesSection(): string {
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
    points.length > 2 ? growthTable(acts, curves) : "",
    points.length > 2
      ? "The curve is the one with the least corrected Akaike criterion; the slower one where another is not better by 2."
      : "",
    `On the disk a message of about 95 bytes of text takes ${Math.round(last.bytesPerMessage.table)} bytes of table and ${Math.round(last.bytesPerMessage.indexes)} of indexes.`,
  ]
    .filter((text) => text !== "")
    .join("\n\n");
}

function growthTable(acts: readonly Act[], curves: Readonly<Record<string, Curve>>): string {
  return table(
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
  );
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

function tenths(value: number): string {
  return value.toFixed(1);
}
