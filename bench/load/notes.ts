// What one process of the generator counts, and hands over once a second.

import { Latencies, type Sparse } from "./latencies.ts";

export interface Told {
  readonly online: number;
  readonly offered: number;
  readonly sent: number;
  readonly delivered: number;
  readonly shown: number;
  readonly reconnects: number;
  readonly refused: Readonly<Record<string, number>>;
  readonly errors: Readonly<Record<string, number>>;
  readonly actions: Readonly<Record<string, number>>;
  readonly latencies: Readonly<Record<string, { readonly sparse: Sparse; readonly maxMs: number }>>;
  /** How late arrivals left. */
  readonly late: { readonly sparse: Sparse; readonly maxMs: number };
}

const errorKindsMax = 50;

export class Notes {
  /** Sessions that are live now; all else begins anew with each `take`. */
  online = 0;
  offered = 0;
  shown = 0;
  reconnects = 0;
  readonly late = new Latencies();
  #sent = 0;
  #delivered = 0;
  #refused: Record<string, number> = {};
  #errors: Record<string, number> = {};
  #actions: Record<string, number> = {};
  readonly #latencies = new Map<string, Latencies>();
  readonly #ack = this.#of("ack");
  readonly #delivery = this.#of("delivery");

  acked(tookMs: number): void {
    this.#sent++;
    this.#ack.recordMs(tookMs);
  }

  delivered(dueUs: number, nowUs: number): void {
    this.#delivered++;
    this.#delivery.recordMs(Math.max(0, nowUs - dueUs) / 1000);
  }

  latency(name: string, tookMs: number): void {
    this.#of(name).recordMs(tookMs);
  }

  refusal(code: string): void {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
  }

  error(text: string): void {
    const key = text in this.#errors || Object.keys(this.#errors).length < errorKindsMax ? text : "others";
    this.#errors[key] = (this.#errors[key] ?? 0) + 1;
  }

  did(action: string): void {
    this.#actions[action] = (this.#actions[action] ?? 0) + 1;
  }

  take(): Told {
    const told: Told = {
      online: this.online,
      offered: this.offered,
      sent: this.#sent,
      delivered: this.#delivered,
      shown: this.shown,
      reconnects: this.reconnects,
      refused: this.#refused,
      errors: this.#errors,
      actions: this.#actions,
      latencies: Object.fromEntries(
        [...this.#latencies].filter(([, it]) => it.count > 0).map(([name, it]) => [name, it.take()]),
      ),
      late: this.late.take(),
    };
    this.offered = this.shown = this.reconnects = this.#sent = this.#delivered = 0;
    this.#refused = {};
    this.#errors = {};
    this.#actions = {};
    return told;
  }

  #of(name: string): Latencies {
    let found = this.#latencies.get(name);
    if (!found) {
      found = new Latencies();
      this.#latencies.set(name, found);
    }
    return found;
  }
}
