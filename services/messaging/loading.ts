// A read of a conversation under way: what is committed here meanwhile is noted, so that an older answer does not cover it.

import type { Rev, Seq } from "#base/ids.ts";

export interface Head {
  rev: Rev;
  lastSeq: Seq;
}

export interface Loading {
  /** How many wait for it. */
  count: number;
  isStale: boolean;
  /** What was committed here meanwhile: revs without a gap. */
  from: number;
  readonly head: Head;
  atLeast: Rev;
}

export function newLoading(): Loading {
  return {
    count: 0,
    isStale: false,
    from: 0,
    head: { rev: 0 as Rev, lastSeq: 0 as Seq },
    atLeast: 0 as Rev,
  };
}

export function noteCommit(loading: Loading, rev: Rev, seq: Seq): void {
  if (loading.from === 0) loading.from = rev;
  else if (rev > loading.head.rev + 1) loading.isStale = true;
  advance(loading.head, rev, seq);
}

export function advance(head: Head, rev: Rev, lastSeq: Seq): Head {
  if (rev > head.rev) head.rev = rev;
  if (lastSeq > head.lastSeq) head.lastSeq = lastSeq;
  return head;
}
