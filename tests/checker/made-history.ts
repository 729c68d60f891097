// A history as a healthy log makes it, from a seed: people on several devices send and are shown, sends overlap, some
// answers are lost, devices fall behind and catch up. Tests spoil it afterwards.

import type { HistoryEvent } from "#bench/load/history.ts";

export interface Made {
  readonly events: HistoryEvent[];
  readonly conversation: string;
}

export function madeHistory(seed: number, people = 4, messages = 60): Made {
  const conversation = `c${seed}`;
  const chance = generator(seed);
  const events: HistoryEvent[] = [];
  const note = (
    atUs: number,
    person: number,
    event: Omit<HistoryEvent, "atUs" | "person" | "device" | "conversation">,
  ) => events.push({ atUs: Math.round(atUs), person, device: person, conversation, ...event });
  const shownAt = Array.from({ length: people }, () => 0);
  let committedAt = 0;
  for (let seq = 1; seq <= messages; seq++) {
    const person = Math.floor(chance() * people);
    const name = `m${seq}`;
    // Commits are in order, each within its send; sends of several people overlap.
    committedAt += 200 + chance() * 3_000;
    const calledAt = Math.max(1, committedAt - chance() * 5_000);
    const answeredAt = committedAt + 100 + chance() * 2_000;
    note(calledAt, person, { op: "send", name });
    if (chance() < 0.05) note(answeredAt + 50_000, person, { op: "unknown", name });
    else note(answeredAt, person, { op: "acked", name, seq, rev: seq });
    for (let reader = 0; reader < people; reader++) {
      const at = Math.max(
        committedAt + 50 + chance() * (chance() < 0.1 ? 40_000 : 2_000),
        shownAt[reader]! + 1,
      );
      shownAt[reader] = at;
      note(at, reader, { op: "shown", name, seq, rev: seq });
    }
  }
  return { events: events.sort((a, b) => a.atUs - b.atUs), conversation };
}

function generator(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
