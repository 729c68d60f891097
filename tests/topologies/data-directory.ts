// Data directories for tests of the embedded PostgreSQL: made empty, and taken away with what runs in them.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type EmbeddedEvent,
  type EmbeddedOptions,
  type EmbeddedPostgres,
  startEmbedded,
} from "#adapters/postgres/embedded/start.ts";

export interface DataDirectories {
  make(): Promise<string>;
  start(dataDir: string, options?: Partial<EmbeddedOptions>): Promise<EmbeddedPostgres>;
  /** Stops and removes everything. */
  end(): Promise<void>;
}

export function dataDirectories(): DataDirectories {
  const folders: string[] = [];
  const running: EmbeddedPostgres[] = [];
  return {
    async make() {
      const folder = await mkdtemp(join(tmpdir(), "banyan-pg-"));
      folders.push(folder);
      return folder;
    },
    async start(dataDir, options = {}) {
      const postgres = await startEmbedded({ dataDir, ...options });
      running.push(postgres);
      return postgres;
    },
    async end() {
      await Promise.all(running.splice(0).map((postgres) => postgres.stop()));
      for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Collects events; `next` fulfils with the next one of a kind, within a deadline. */
export function eventsOf(withinMs = 20_000) {
  const seen: EmbeddedEvent[] = [];
  const waiting: { kind: string; come: (event: EmbeddedEvent) => void }[] = [];
  return {
    seen,
    onEvent(event: EmbeddedEvent) {
      seen.push(event);
      for (const wait of waiting.splice(0)) {
        if (wait.kind === event.kind) wait.come(event);
        else waiting.push(wait);
      }
    },
    next(kind: EmbeddedEvent["kind"]): Promise<EmbeddedEvent> {
      return new Promise((come, fail) => {
        const late = setTimeout(() => fail(new Error(`no "${kind}" within ${withinMs} ms`)), withinMs);
        waiting.push({
          kind,
          come: (event) => {
            clearTimeout(late);
            come(event);
          },
        });
      });
    },
  };
}
