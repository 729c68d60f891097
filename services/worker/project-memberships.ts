// Feeds the user side from the outbox: memberships into inboxes. At least once and idempotent; what the messaging
// service has put there already changes nothing, what it could not (a crash between) is made good here.

import type { Clock } from "#ports/clock.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox, MembershipRow } from "#ports/inbox.ts";
import type { Outbox, OutboxEntry } from "#ports/outbox.ts";

export interface WorkerNeeds {
  readonly outbox: Outbox;
  readonly inbox: Pick<Inbox, "apply">;
  readonly bus: Pick<EventBus, "publishUser">;
  readonly clock: Clock;
  readonly onFailure: (error: unknown) => void;
}

export interface Worker {
  /** Finishes the batch under way. */
  stop(): Promise<void>;
}

export const membershipConsumer = "memberships";
const batchMax = 500;
/** Nobody waits for the outbox here (the messaging service has written the usual case), so it is read in batches. */
const lookEveryMs = 1_000;

export function startMembershipProjection(needs: WorkerNeeds): Worker {
  let isStopped = false;
  let wake: (() => void) | null = null;

  function pause(): Promise<void> {
    return new Promise((woken) => {
      const cancel = needs.clock.after(lookEveryMs, woken);
      wake = () => {
        cancel();
        woken();
      };
    });
  }

  async function run(): Promise<void> {
    while (!isStopped) {
      const count = await projectBatch(needs).catch((error: unknown) => {
        needs.onFailure(error);
        return 0;
      });
      if (count < batchMax && !isStopped) await pause();
    }
  }

  const running = run();
  return {
    async stop() {
      isStopped = true;
      wake?.();
      await running;
    },
  };
}

/** One batch; the number of entries in it. */
async function projectBatch(needs: WorkerNeeds): Promise<number> {
  const entries = await needs.outbox.read(membershipConsumer, batchMax);
  if (entries.length === 0) return 0;
  const rows = entries.flatMap(membershipsOf);
  if (rows.length > 0) {
    for (const row of await needs.inbox.apply(rows)) announce(needs.bus, row);
  }
  await needs.outbox.confirm(membershipConsumer, entries[entries.length - 1]!.position);
  await needs.outbox.trim([membershipConsumer]);
  return entries.length;
}

function membershipsOf(entry: OutboxEntry): readonly MembershipRow[] {
  return entry.event.kind === "memberships" ? entry.event.rows : [];
}

/** Only for rows that were news to the inbox: an older row must not bring back who has left since. */
function announce(bus: Pick<EventBus, "publishUser">, row: MembershipRow): void {
  const { user, conversation, member, rev, active } = row;
  if (!active) return bus.publishUser({ kind: "left", user, conversation });
  bus.publishUser({
    kind: "joined",
    user,
    member: { user, conversation, member, rev, active, role: "member" },
  });
}
