// Under load the outbox holds a row for each group of messages, hundreds a second, and a stream of three replicas costs
// the same for each event however small. What stands in a row goes as one: its ranges, under the last one's position.

import type { ConversationId, Seq } from "#base/ids.ts";
import type { RelayedEntry } from "#ports/event-stream.ts";
import type { OutboxEntry, OutboxPosition } from "#ports/outbox.ts";

/** Of conversations in one event: it stays well below a megabyte. */
const rangesMax = 1_000;

interface Run {
  readonly from: OutboxPosition;
  to: OutboxPosition;
  readonly ranges: Map<ConversationId, { fromSeq: Seq; toSeq: Seq }>;
}

/** Entries that are not messages stay as they are, and where they are. */
export function joinMessages(entries: readonly OutboxEntry[]): RelayedEntry[] {
  const joined: RelayedEntry[] = [];
  let run: Run | null = null;
  for (const entry of entries) {
    const { position, event } = entry;
    if (event.kind !== "messages") {
      run = closed(run, joined);
      joined.push(entry);
      continue;
    }
    if (run && run.ranges.size + event.ranges.length > rangesMax) run = closed(run, joined);
    run ??= { from: position, to: position, ranges: new Map() };
    run.to = position;
    for (const range of event.ranges) widen(run, range);
  }
  closed(run, joined);
  return joined;
}

/** The numbers of one conversation rise in the outbox's order, without a hole. */
function widen({ ranges }: Run, range: { conversation: ConversationId; fromSeq: Seq; toSeq: Seq }): void {
  const known = ranges.get(range.conversation);
  if (known) known.toSeq = range.toSeq;
  else ranges.set(range.conversation, { fromSeq: range.fromSeq, toSeq: range.toSeq });
}

function closed(run: Run | null, joined: RelayedEntry[]): null {
  if (run === null) return null;
  const ranges = Array.from(run.ranges, ([conversation, range]) => ({ conversation, ...range }));
  joined.push({ from: run.from, position: run.to, event: { kind: "messages", ranges } });
  return null;
}
