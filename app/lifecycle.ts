// Opens the parts of a process in order, says how long each took, and closes them in reverse. What fails to open
// closes what was opened before it. Closing goes on past a part that fails to close.

import type { Log } from "#app/telemetry/log.ts";

export interface Lifecycle {
  /** Opens one part; `close` is kept for the end. `hurry` is aborted when somebody asks a second time. */
  open<T>(
    name: string,
    open: () => T | Promise<T>,
    close?: (part: T, hurry: AbortSignal) => unknown,
  ): Promise<T>;
  /** Closes everything, once; later calls answer with the same promise. */
  close(hurry?: AbortSignal): Promise<void>;
}

interface Opened {
  readonly name: string;
  readonly close: (hurry: AbortSignal) => unknown;
}

export function createLifecycle(log: Log): Lifecycle {
  const opened: Opened[] = [];
  let closing: Promise<void> | null = null;
  const close = (hurry = new AbortController().signal) => {
    closing ??= closeAll(opened, hurry, log);
    return closing;
  };
  return {
    close,
    async open(name, open, closePart) {
      const startedAt = performance.now();
      try {
        const part = await open();
        if (closePart) opened.push({ name, close: (hurry) => closePart(part, hurry) });
        log.info(`${name} ready`, { ms: since(startedAt) });
        return part;
      } catch (error) {
        await close(AbortSignal.abort());
        throw error;
      }
    },
  };
}

async function closeAll(opened: Opened[], hurry: AbortSignal, log: Log): Promise<void> {
  for (const part of opened.reverse()) {
    const startedAt = performance.now();
    try {
      await part.close(hurry);
      log.info(`${part.name} closed`, { ms: since(startedAt) });
    } catch (error) {
      log.error(`${part.name} did not close well`, error);
    }
  }
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

export interface StopRequest {
  /** Fulfils at the first signal. */
  readonly asked: Promise<void>;
  /** Aborted by the second: leaves out the pauses, but still finishes commits and stops the database. */
  readonly hurry: AbortSignal;
  wasAsked(): boolean;
}

/** SIGTERM, SIGINT (Ctrl-C) and SIGHUP (a closed terminal) ask for a stop; heard from the call on. */
export function hearSignals(log: Log): StopRequest {
  const hurry = new AbortController();
  const asked = Promise.withResolvers<void>();
  let signals = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    signals++;
    log.info(signals === 1 ? "asked to stop; a second signal hurries it" : "asked to hurry", { signal });
    if (signals > 1) hurry.abort();
    asked.resolve();
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, onSignal);
  return { asked: asked.promise, hurry: hurry.signal, wasAsked: () => signals > 0 };
}
