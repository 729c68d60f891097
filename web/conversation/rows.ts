// What stands in the list of messages: the messages, and lines between days and before what is new.

import type { ShownMessage } from "#sdk/conversation-types.ts";
import { dayKey } from "#web/shell/times.ts";

export type Row =
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "new"; readonly key: string }
  /** `starts`: the first of a run by one author, shown with name and picture. */
  | {
      readonly kind: "message";
      readonly key: string;
      readonly message: ShownMessage;
      readonly starts: boolean;
    };

const sameRunMs = 5 * 60_000;

export function rowsOf(messages: readonly ShownMessage[], unreadFrom: number | undefined): readonly Row[] {
  const rows: Row[] = [];
  let last: ShownMessage | undefined;
  let isLineDrawn = unreadFrom === undefined;
  for (const message of messages) {
    if (!last || dayKey(last.at) !== dayKey(message.at)) {
      rows.push({ kind: "day", key: `day ${dayKey(message.at)} ${last ? "" : "first"}`, at: message.at });
      last = undefined;
    }
    if (!isLineDrawn && message.seq !== undefined && message.seq >= unreadFrom!) {
      rows.push({ kind: "new", key: "new" });
      isLineDrawn = true;
      last = undefined;
    }
    const starts =
      !last ||
      last.author !== message.author ||
      message.mine !== last.mine ||
      message.at - last.at > sameRunMs;
    rows.push({ kind: "message", key: message.key, message, starts });
    last = message;
  }
  return rows;
}
