// The roll call over NATS: each process tells its card twice a second, and at once when it changed; where there are
// very many, those that nobody needs to miss at once tell it less often, so that nobody hears more with each one that
// joins. Rules P53 - P55.

import type { Card, HeardCard, RollCall } from "#ports/roll-call.ts";
import type { Nats } from "./connection.ts";

const tellEveryMs = 500;
/** So many rounds missed: gone. */
const roundsMissed = 4;
/** A process hears a card in this time, from however many; all processes together hear one in that. */
const msForEach = 20;
const msForEachOfAll = 1.5;
const tellEveryMsMax = 5_000;
/** Others wait for its answers: when it dies they must know soon. */
const hasteRole = "messaging";

type ToldCard = Card & {
  /** How often it is told; left out: every 500 ms. */
  readonly everyMs?: number;
};

export interface NatsRollCall extends RollCall {
  close(): void;
}

export interface NatsRollCallOptions {
  readonly now?: () => number;
  /** Told with this process's card. */
  readonly codecs?: readonly string[];
}

export function openNatsRollCall(nats: Nats, options: NatsRollCallOptions = {}): NatsRollCall {
  const { now = Date.now, codecs } = options;
  const subject = `${nats.namespace}.roll`;
  const heard = new Map<string, HeardCard & ToldCard>();
  const waiting = new Set<() => void>();
  let read: (() => Card) | null = null;
  let own: ToldCard | null = null;
  let toldAt = 0;

  function changed(): void {
    for (const then of [...waiting]) then();
  }

  function tell(): void {
    if (!read) return;
    const before = own;
    const card = read();
    const everyMs = everyMsOf(card, heard.size + 1);
    own = { ...card, ...(codecs && { codecs }), ...(everyMs !== tellEveryMs && { everyMs }) };
    toldAt = now();
    nats.publish(subject, Buffer.from(JSON.stringify(own)));
    if (before === null || isOther(before, own)) changed();
  }

  function hear(data: Uint8Array): void {
    const told = JSON.parse(Buffer.from(data).toString()) as ToldCard | { readonly gone: string } | "who";
    if (told === "who") return tell();
    if ("gone" in told) {
      if (heard.delete(told.gone)) changed();
      return;
    }
    const before = heard.get(told.instance);
    heard.set(told.instance, { ...told, at: now() });
    if (!before || isOther(before, told)) changed();
  }

  /** While this process is away from the bus it hears nobody, and everybody is as gone. */
  function forgetSilent(): void {
    let isChanged = false;
    for (const [instance, { at, everyMs = tellEveryMs }] of heard)
      if (at < now() - roundsMissed * everyMs) isChanged = heard.delete(instance) || isChanged;
    if (isChanged) changed();
  }

  const askWho = () => void nats.publish(subject, Buffer.from('"who"'));
  const interest = nats.subscribe(subject, (_, data) => hear(data));
  const endBack = nats.onBack(() => {
    askWho();
    tell();
  });
  let roundAt = now();
  const timer = setInterval(() => {
    if (now() - toldAt >= (own?.everyMs ?? 0) - tellEveryMs / 2) tell();
    // Who stood still itself has yet to hear what the others said meanwhile.
    if (now() - roundAt < roundsMissed * tellEveryMs) forgetSilent();
    roundAt = now();
  }, tellEveryMs);
  timer.unref();
  askWho();

  return {
    announce(from) {
      read = from;
      tell();
    },
    tell,
    leave() {
      const last = own;
      [read, own] = [null, null];
      if (!last) return;
      nats.publish(subject, Buffer.from(JSON.stringify({ gone: last.instance })));
      changed();
    },
    processes() {
      const all = [...heard.values()];
      if (own) all.push({ ...own, at: now() });
      return all.sort((a, b) => (a.instance < b.instance ? -1 : 1));
    },
    onChange(then) {
      waiting.add(then);
      return () => void waiting.delete(then);
    },
    close() {
      clearInterval(timer);
      endBack();
      interest.end();
    },
  };
}

function everyMsOf({ roles }: Card, processes: number): number {
  if (roles.includes(hasteRole)) return tellEveryMs;
  const everyMs = Math.max(tellEveryMs, processes * msForEach, processes ** 2 * msForEachOfAll);
  return Math.min(tellEveryMsMax, everyMs);
}

/** The count of sessions changes all the time, and nobody waits for it. */
function isOther(a: Card, b: Card): boolean {
  return (
    a.state !== b.state ||
    a.url !== b.url ||
    a.version !== b.version ||
    a.roles.length !== b.roles.length ||
    a.roles.some((role, i) => role !== b.roles[i])
  );
}
