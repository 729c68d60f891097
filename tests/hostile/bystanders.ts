// Two people who chat on while something hostile goes on beside them. At the end: every message acknowledged and
// delivered, in order, and the processes are the same ones.

import { expect } from "bun:test";
import { converse, http, newName, signUp, WireClient } from "#tests/conformance/wire-client.ts";
import type { TestServer } from "#tests/server.ts";

const everyMs = 50;

export class Bystanders {
  readonly #server: TestServer;
  readonly #pids: readonly number[];
  readonly #ada: WireClient;
  readonly #bob: WireClient;
  readonly #conversation: string;
  readonly #acks: Promise<{ seq: number; text: string; ms: number }>[] = [];
  #ticking: ReturnType<typeof setInterval> | null = null;

  private constructor(server: TestServer, ada: WireClient, bob: WireClient, conversation: string) {
    this.#server = server;
    this.#pids = server.pids;
    this.#ada = ada;
    this.#bob = bob;
    this.#conversation = conversation;
  }

  static async meet(server: TestServer, tag: string): Promise<Bystanders> {
    const ada = await signUp(server.url, `by-ada-${tag}`);
    const bob = await signUp(server.url, `by-bob-${tag}`);
    const conversation = await converse(server.url, ada, "direct", [bob]);
    const clients = [
      await WireClient.join(server.url, ada.token),
      await WireClient.join(server.url, bob.token),
    ];
    return new Bystanders(server, clients[0]!, clients[1]!, conversation);
  }

  chat(): void {
    this.#ticking = setInterval(() => this.#say(), everyMs);
    this.#say();
  }

  /** Ends the chat and says whether anything happened to it. */
  async expectUnharmed(): Promise<void> {
    clearInterval(this.#ticking!);
    this.#say();
    const acks = await Promise.all(this.#acks);
    expect(acks.map(({ seq }) => seq)).toEqual(acks.map((_, i) => i + 1));
    const delivered = () =>
      this.#bob.frames.flatMap((frame) =>
        frame.kind === "changes"
          ? frame.changes.flatMap((change) => (change.kind === "message" ? [change.text] : []))
          : [],
      );
    await this.#bob.until(() => (delivered().length >= acks.length ? true : undefined), "the last message");
    expect(delivered()).toEqual(acks.map(({ text }) => text));
    expect((await http(this.#server.url, "GET", "/v1/server")).status).toBe(200);
    expect(this.#server.pids).toEqual(this.#pids);
    expect(acks.toSorted((a, b) => a.ms - b.ms)[Math.floor(acks.length / 2)]!.ms).toBeLessThan(1_000);
    this.#ada.close();
    this.#bob.close();
  }

  /** The attack failed as a test: the chat no longer matters. */
  giveUp(): void {
    clearInterval(this.#ticking!);
    void Promise.allSettled(this.#acks);
  }

  #say(): void {
    const text = `message ${this.#acks.length + 1}`;
    const startedAt = performance.now();
    const command = { kind: "send", conversation: this.#conversation, name: newName(), text } as const;
    this.#acks.push(
      this.#ada.ack(command).then(({ seq }) => ({ seq, text, ms: performance.now() - startedAt })),
    );
  }
}

/** Runs something hostile beside a pair of bystanders. */
export async function besideBystanders(
  server: TestServer,
  tag: string,
  attack: () => Promise<void>,
): Promise<void> {
  const bystanders = await Bystanders.meet(server, tag);
  bystanders.chat();
  try {
    await attack();
  } catch (error) {
    bystanders.giveUp();
    throw error;
  }
  await bystanders.expectUnharmed();
}

/** Asked later, it tells by how many bytes that process of the server (not PostgreSQL's) has grown which grew most. */
export function watchMemory(server: TestServer): () => number {
  const before = residentBytes(server.pids);
  return () => Math.max(...residentBytes(server.pids).map((bytes, i) => bytes - before[i]!));
}

function residentBytes(pids: readonly number[]): number[] {
  return pids.map((pid) => {
    const { stdout } = Bun.spawnSync(["ps", "-o", "rss=", "-p", String(pid)]);
    return Number(stdout.toString().trim()) * 1024;
  });
}
