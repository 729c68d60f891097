// The last word of the audit: the log as the server keeps it, read over HTTP, against every acknowledgement of this
// process. Lost: acknowledged, and not there at its number. Doubled: one send there twice, by its name or its text.

import { ask } from "./api-client.ts";
import type { Ledger, Room } from "./ledger.ts";
import { headOf, type Op, opOfName, workerOf } from "./message.ts";

const atOnce = 8;
const triesMax = 30;

interface Logged {
  readonly seq: number;
  readonly text: string;
  readonly name?: string;
}

export interface LogCheck {
  readonly messages: number;
  /** Acknowledged messages whose place in the log was not looked at. */
  readonly unchecked: number;
}

export interface LogCheckParts {
  readonly api: string;
  readonly worker: number;
  readonly runTag: number;
  /** When the run began, in microseconds of the epoch: a text of before is another run's, whatever it says. */
  readonly sinceUs: number;
  readonly ledger: Ledger;
  tokenFor(room: Room): string | undefined;
}

export async function checkLogs(
  rooms: Iterable<Room>,
  parts: LogCheckParts,
  messagesMax: number,
): Promise<LogCheck> {
  const waiting = [...rooms].filter(({ acked }) => acked.length > 0);
  let messages = 0;
  let unchecked = 0;
  const work = async () => {
    for (let room = waiting.pop(); room; room = waiting.pop()) {
      const log = messages < messagesMax ? await readLog(room, parts) : null;
      messages += log?.length ?? 0;
      if (log) compare(room, log, parts);
      else unchecked += room.acked.length / 2;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return { messages, unchecked };
}

function compare(
  room: Room,
  log: readonly Logged[],
  { ledger, runTag, worker, sinceUs }: LogCheckParts,
): void {
  const ops = new Map<number, Op>();
  const seqOf = new Map<Op, number>();
  let last = (log[0]?.seq ?? 1) - 1;
  for (const { seq, text, name } of log) {
    if (seq !== last + 1)
      ledger.fault("lost", seq - last - 1, `${room.id}: seq ${last + 1} - ${seq - 1} are not in the log`);
    last = seq;
    const named = name === undefined ? -1 : opOfName(Buffer.from(name, "base64url"), 0, runTag);
    const head = headOf(text);
    const told = head && head.dueUs >= sinceUs ? head.op : -1;
    ops.set(seq, named >= 0 ? named : told);
    for (const op of new Set([named, told])) {
      if (op < 0 || workerOf(op) !== worker) continue;
      const before = seqOf.get(op);
      if (before !== undefined)
        ledger.fault("doubled", 1, `${room.id}: one send is in the log as seq ${before} and ${seq}`);
      seqOf.set(op, seq);
    }
  }
  for (let i = 0; i < room.acked.length; i += 2) {
    const op = room.acked[i]!;
    const seq = room.acked[i + 1]!;
    if (ops.get(seq) !== op)
      ledger.fault("lost", 1, `${room.id}: acknowledged as seq ${seq}, and something else is there`);
  }
}

/** From the first acknowledged message on; null where it cannot be read to its end. */
async function readLog(room: Room, parts: LogCheckParts): Promise<readonly Logged[] | null> {
  const token = parts.tokenFor(room);
  if (token === undefined) return null;
  const log: Logged[] = [];
  let after = Number.POSITIVE_INFINITY;
  for (let i = 1; i < room.acked.length; i += 2) after = Math.min(after, room.acked[i]! - 1);
  for (let tries = 0; tries < triesMax; ) {
    const path = `/v1/conversations/${room.id}/messages?after=${after}&limit=200`;
    const answer = await ask(parts.api + path, token);
    if (!answer.ok) {
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) return null;
      tries++;
      await Bun.sleep(Math.min(5_000, answer.retryAfterMs));
      continue;
    }
    const page = answer.body as { messages: Logged[]; hasAfter: boolean };
    log.push(...page.messages);
    if (!page.hasAfter || page.messages.length === 0) return log;
    after = log.at(-1)!.seq;
  }
  return null;
}
