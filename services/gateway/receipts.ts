// Receipts leave at the end of the moment in which their group was committed: who gets several gets them in one write.
// Under load that is what makes a server with much to do quicker than one with less.

import type { SocketPayload } from "#ports/sockets.ts";
import type { ClientSession } from "./session.ts";

export class Receipts {
  #sessions: ClientSession[] = [];

  /** Before anything else that is to be told to anybody, and in the order given. */
  tell(session: ClientSession, receipt: SocketPayload): void {
    if (session.receipts !== null) return void session.receipts.push(receipt);
    session.receipts = [receipt];
    if (this.#sessions.push(session) === 1) queueMicrotask(() => this.#flush());
  }

  #flush(): void {
    const sessions = this.#sessions;
    this.#sessions = [];
    for (const session of sessions) {
      const receipts = session.receipts!;
      session.receipts = null;
      if (receipts.length === 1) session.answerEncoded(receipts[0]!);
      else if (session.state !== "closed")
        session.socket.together(() => {
          for (const receipt of receipts) session.answerEncoded(receipt);
        });
    }
  }
}
