// The roll call in one process: those of one room hear each other at once. Rules P53 - P55.

import type { Card, HeardCard, RollCall } from "#ports/roll-call.ts";

/** Where the processes of a test hear each other. */
export class RollCallRoom {
  readonly cards = new Map<object, { readonly read: () => Card; told: Card }>();
  readonly waiting = new Set<() => void>();

  changed(): void {
    for (const then of [...this.waiting]) then();
  }
}

export function createMemoryRollCall(now: () => number, room = new RollCallRoom()): RollCall {
  const self = {};
  return {
    announce(read) {
      room.cards.set(self, { read, told: read() });
      room.changed();
    },
    tell() {
      const entry = room.cards.get(self);
      if (!entry) return;
      const before = entry.told;
      entry.told = entry.read();
      if (withoutSessions(before) !== withoutSessions(entry.told)) room.changed();
    },
    leave() {
      if (room.cards.delete(self)) room.changed();
    },
    processes: () =>
      [...room.cards.values()]
        .map(({ read }): HeardCard => ({ ...read(), at: now() }))
        .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    onChange(then) {
      room.waiting.add(then);
      return () => void room.waiting.delete(then);
    },
  };
}

/** The count of sessions changes all the time, and nobody waits for it. */
function withoutSessions(card: Card): string {
  return JSON.stringify({ ...card, sessions: 0 });
}
