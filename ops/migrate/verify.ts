// Proves that both databases hold the same, mostly while people write on. A conversation found equal up to some rev
// stays so up to there, since each change takes a new rev: what is left for the pause is what changed since, and
// the small tables whole.

import {
  partitions,
  type Standing,
  type Stretch,
  standings,
  stretchSums,
  tableSum,
  wholeTables,
} from "#adapters/postgres/copying/checksums.ts";
import type { Link } from "#adapters/postgres/copying/link.ts";
import { arrived } from "#adapters/postgres/copying/subscription.ts";
import type { Parties } from "./parties.ts";

const chunk = 20_000;
const arriveWithinMs = 60_000;
/** Beyond every rev and number. */
const end = { rev: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };
const start = { rev: 0, seq: 0 };

export interface Round {
  readonly conversations: number;
  readonly unequal: number;
}

export class Verifier {
  /** How far a conversation was found equal. */
  readonly #equalUpTo = new Map<string, { rev: number; seq: number }>();

  constructor(private readonly parties: Parties) {}

  /** Compares what is new since the last round, while both sides are written to. */
  async round(): Promise<Round> {
    return this.#compare(false);
  }

  /** With the source fenced and everything arrived: names what differs; empty when all is equal. */
  async finish(): Promise<{ round: Round; differing: readonly string[] }> {
    const [round, differing] = await Promise.all([this.#compare(true), this.#wholeTables()]);
    return {
      round,
      differing: [...differing, ...(round.unequal > 0 ? [`${round.unequal} conversations`] : [])],
    };
  }

  /** How long the comparison of the small tables takes, for an estimate of the pause. */
  async rehearse(): Promise<number> {
    const began = performance.now();
    await this.#wholeTables();
    return performance.now() - began;
  }

  async #compare(isFinal: boolean): Promise<Round> {
    let conversations = 0;
    let unequal = 0;
    for (const partition of partitions) {
      const all = await standings(this.parties.source.ask, partition, null);
      const changed = all.filter((one) => this.#equalUpTo.get(one.id)?.rev !== one.rev);
      for (let i = 0; i < changed.length; i += chunk) {
        const some = changed.slice(i, i + chunk);
        conversations += some.length;
        unequal += await this.#compareSome(partition, some, isFinal);
      }
    }
    return { conversations, unequal };
  }

  async #compareSome(partition: number, some: readonly Standing[], isFinal: boolean): Promise<number> {
    const { source, target } = this.parties;
    const ids = some.map((one) => one.id);
    const { stretches, sums } = await inSnapshot(source, async (ask) => {
      const stretches = this.#stretches(await standings(ask, partition, ids), isFinal);
      return { stretches, sums: await sumsOf(ask, partition, stretches) };
    });
    if (!isFinal) await arrived(source, target, arriveWithinMs);
    const copied = await inSnapshot(target, (ask) => sumsOf(ask, partition, stretches));
    const equal = stretches.filter((one) => sums.get(one.id) === copied.get(one.id));
    for (const one of equal) this.#equalUpTo.set(one.id, one.to);
    return stretches.length - equal.length;
  }

  #stretches(now: readonly Standing[], isFinal: boolean): Stretch[] {
    return now.map(({ bucket, id, rev, seq }) => ({
      bucket,
      id,
      from: this.#equalUpTo.get(id) ?? start,
      to: isFinal ? end : { rev, seq },
    }));
  }

  async #wholeTables(): Promise<string[]> {
    const { source, target } = this.parties;
    const differing: string[] = [];
    for (const table of await wholeTables(source)) {
      const [old, copied] = await Promise.all([tableSum(source, table), tableSum(target, table)]);
      if (old !== copied) differing.push(table);
    }
    return differing;
  }
}

/** From their beginnings: read through, in the order of the disk; what is new: found by key. */
async function sumsOf(ask: Link["ask"], partition: number, stretches: readonly Stretch[]) {
  const whole = stretches.filter((one) => one.from === start).length > stretches.length / 2;
  await ask(`set local enable_nestloop = ${whole ? "off" : "on"}`);
  return stretchSums(ask, partition, stretches);
}

function inSnapshot<T>(link: Link, work: (ask: Link["ask"]) => Promise<T>): Promise<T> {
  return link.sql.begin("isolation level repeatable read read only", (sql) =>
    work((text, parameters = []) => sql.unsafe(text, parameters as never[])),
  ) as Promise<T>;
}
