// The roll call of one process: it knows itself. Rules P53 - P55. Several processes of a test share a room.

import type { Card, HeardCard, RollCall } from "#ports/roll-call.ts";

/** Where the processes hear each other. */
export class RollCallRoom {
  readonly cards = new Map<object, () => Card>();
  readonly waiting = new Set<() => void>();

  changed(): void {
    for (const then of [...this.waiting]) then();
  }
}

export function createMemoryRollCall(now: () => number, room = new RollCallRoom()): RollCall {
  const self = {};
  return {
    announce(read) {
      room.cards.set(self, read);
      room.changed();
    },
    tell: () => room.changed(),
    leave() {
      if (room.cards.delete(self)) room.changed();
    },
    processes: () =>
      [...room.cards.values()]
        .map((read): HeardCard => ({ ...read(), at: now() }))
        .sort((a, b) => (a.instance < b.instance ? -1 : 1)),
    onChange(then) {
      room.waiting.add(then);
      return () => void room.waiting.delete(then);
    },
  };
}
