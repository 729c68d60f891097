// Writers that never pause, for tests that take the database away from under them.

import type { PostgresPorts } from "#adapters/postgres/open.ts";
import { bucketOf, type ConversationId, type MemberNo, type MessageName, type UserId } from "#base/ids.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";

export interface Writer {
  readonly room: ConversationId;
  /** Of the messages that were acknowledged, in their order. */
  readonly names: readonly MessageName[];
  failures(): number;
  /** Fulfils when the last one is acknowledged. */
  stop(): Promise<void>;
}

export async function newRoom(ports: PostgresPorts): Promise<ConversationId> {
  const id = Bun.randomUUIDv7() as string as ConversationId;
  const user = Bun.randomUUIDv7() as string as UserId;
  const members = [{ user, role: "owner" as const }];
  const made = { id, kind: "group" as const, title: "", homeRegion: "home", createdAt: 1, members };
  await ports.conversationStore.create(made);
  return id;
}

/** One message after the other, each with the same name until it is acknowledged. */
export function writeWithoutPause(ports: PostgresPorts, room: ConversationId): Writer {
  const names: MessageName[] = [];
  let failures = 0;
  let goesOn = true;
  const done = (async () => {
    for (let count = 0; goesOn; count++) {
      const name = `${bucketOf(room)}.${count}`.padEnd(11, "_") as MessageName;
      for (let again = false; ; again = true) {
        try {
          const author = 1 as MemberNo;
          const send = { conversation: room, author, name, at: 1, text: "leaf", again };
          await ports.messageLog.append(ports.messageLog.laneOf(room), [send]);
          names.push(name);
          break;
        } catch (error) {
          if (!(error instanceof StoreUnavailable)) throw error;
          failures++;
          await new Promise(setImmediate);
        }
      }
    }
  })();
  const stop = () => {
    goesOn = false;
    return done;
  };
  return { room, names, failures: () => failures, stop };
}

export async function namesIn(ports: PostgresPorts, room: ConversationId): Promise<MessageName[]> {
  const names: MessageName[] = [];
  for (let after = 0; ; ) {
    const page = await ports.messageLog.page(room, { after: after as never }, 200, 1 as MemberNo);
    names.push(...page!.messages.map((message) => message.name));
    if (!page!.hasAfter) return names;
    after = page!.messages.at(-1)!.seq;
  }
}
