// The messaging service's side of the command bus: runs what routers ask, in the order that it comes, and sends the
// answers of one turn of the event loop to one router as one message, in one write with what they announced.

import type { Messaging } from "#ports/messaging.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";
import type { Hear, Nats } from "./connection.ts";
import {
  type Answered,
  type Asked,
  backSubject,
  commandSubject,
  isMethod,
  packed,
  Unpacker,
} from "./messaging-codec.ts";

export interface MessagingServerOptions {
  readonly instance: string;
  readonly onFailure: (error: unknown) => void;
}

export interface MessagingServer {
  /** Fulfils once NATS knows of it: then the roll call may. */
  readonly ready: Promise<void>;
  running(): number;
  /**
   * Answers what runs, and gives back what comes from now on, which its routers then give to another instance. Set
   * this process's card to leaving before.
   */
  leave(): Promise<void>;
}

export function serveMessaging(
  nats: Nats,
  messaging: Messaging,
  options: MessagingServerOptions,
): MessagingServer {
  const { instance, onFailure } = options;
  const unpackers = new Map<string, Unpacker>();
  const answers = new Map<string, Answered[]>();
  const idle = Promise.withResolvers<void>();
  let running = 0;
  let isLeaving = false;
  let isScheduled = false;

  const hear: Hear = (_, data, reply) => {
    const router = reply.slice(0, reply.lastIndexOf("."));
    for (const asked of unpackerOf(router).read(data)) take(router, asked as Asked);
  };

  function unpackerOf(router: string): Unpacker {
    let unpacker = unpackers.get(router);
    if (!unpacker) {
      if (unpackers.size >= routersMax) unpackers.delete(unpackers.keys().next().value!);
      unpacker = new Unpacker();
      unpackers.set(router, unpacker);
    }
    return unpacker;
  }

  function take(router: string, [id, method, args]: Asked): void {
    if (isLeaving) return answer(router, [id, "returned"]);
    if (!isMethod(method)) return answer(router, [id, "unknown"]);
    running++;
    run(method, args).then(
      (value) => done(router, isDraining(value) ? [id, "returned"] : [id, "answered", value]),
      (error: unknown) => {
        if (!(error instanceof StoreUnavailable)) onFailure(error);
        done(router, [id, "failed"]);
      },
    );
  }

  async function run(method: keyof Messaging, args: readonly unknown[]): Promise<unknown> {
    return (messaging[method] as (...all: readonly unknown[]) => Promise<unknown>)(...args);
  }

  function done(router: string, answered: Answered): void {
    running--;
    answer(router, answered);
    if (isLeaving && running === 0) idle.resolve();
  }

  function answer(router: string, answered: Answered): void {
    const waiting = answers.get(router);
    if (waiting) waiting.push(answered);
    else answers.set(router, [answered]);
    if (isScheduled) return;
    isScheduled = true;
    nats.atTurnsEnd(tellAnswers);
  }

  /** What cannot be told because the bus is away is told as lost when it is back (backSubject). */
  function tellAnswers(): void {
    isScheduled = false;
    for (const [router, waiting] of answers) {
      const texts = waiting.map((each) => JSON.stringify(each));
      for (const frame of packed(texts, nats.payloadBytesMax())) nats.publish(`${router}.0`, frame);
    }
    answers.clear();
  }

  const interest = nats.subscribe(commandSubject(nats, instance), hear);
  const endBack = nats.onBack(() => void nats.publish(backSubject(nats), Buffer.from(instance)));

  return {
    ready: nats.flush(),
    running: () => running,
    async leave() {
      if (!isLeaving) {
        isLeaving = true;
        if (running === 0) idle.resolve();
      }
      await idle.promise;
      await interest.drain();
      tellAnswers();
      await nats.flush().catch(() => {});
      endBack();
    },
  };
}

/** Those whose commands may be on their way in parts. */
const routersMax = 10_000;

/** The service itself leaves, and did not run it. */
function isDraining(value: unknown): boolean {
  const answer = value as { ok?: boolean; refusal?: { reason?: string } } | null;
  return answer?.ok === false && answer.refusal?.reason === "draining";
}
