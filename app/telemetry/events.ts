// One function per business event: it writes the log line where one is due, counts, and keeps the duration.
// Ids stand in log lines, never in metric labels; labels are short closed lists.

import { Counter, Histogram, type Registry } from "prom-client";
import type { Log, LogFields } from "#app/telemetry/log.ts";
import { Seldom } from "#app/telemetry/seldom.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const gapBuckets = [0.01, 0.05, 0.1, 0.3, 0.5, 1, 2.5, 5, 15, 30, 60];
const groupBuckets = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512];

export type Events = ReturnType<typeof createEvents>;

export function createEvents(log: Log, registry: Registry) {
  const counter = <const Label extends string>(
    name: string,
    help: string,
    labelNames: readonly Label[] = [],
  ) => new Counter({ name: `banyan_${name}`, help, labelNames, registers: [registry] });
  const histogram = <const Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: readonly Label[] = [],
  ) => new Histogram({ name: `banyan_${name}`, help, buckets, labelNames, registers: [registry] });

  const accounts = counter("accounts_created_total", "Accounts made.");
  const sessionsOpened = counter("sessions_opened_total", "Log-ins and sign-ups.");
  const sessionsRevoked = counter("sessions_revoked_total", "Sessions that were ended on purpose.");
  const conversations = counter("conversations_created_total", "Conversations made, by kind.", ["kind"]);
  const groupSends = histogram("group_sends", "Messages stored by one statement.", groupBuckets);
  const statements = histogram("statement_seconds", "Statements, by name.", secondsBuckets, ["statement"]);
  const gaps = histogram("audit_gap_seconds", "How long gaps lasted that healed.", gapBuckets);
  const failures = counter("failures_total", "Bugs, and calls of the store that failed.");

  const unavailable = new Seldom();

  return {
    accountCreated(fields: Pick<LogFields, "user">) {
      accounts.inc();
      log.info("account created", fields);
    },
    sessionOpened(fields: Pick<LogFields, "user" | "session">) {
      sessionsOpened.inc();
      log.info("session opened", fields);
    },
    sessionRevoked(fields: Pick<LogFields, "user" | "session">) {
      sessionsRevoked.inc();
      log.info("session revoked", fields);
    },
    conversationCreated(kind: "direct" | "group" | "channel", fields: Pick<LogFields, "conversation">) {
      conversations.inc({ kind });
      log.info("conversation created", fields);
    },
    /** `statement` is one of the names in the source. */
    statementDone(statement: string, ms: number, rows: number) {
      statements.observe({ statement }, ms / 1000);
      if (statement === "message_log.append") groupSends.observe(rows);
    },
    storeFailed(error: unknown) {
      failures.inc();
      if (!(error instanceof StoreUnavailable)) return log.error("something failed", error);
      const held = unavailable.due(error.message, performance.now());
      if (held !== null) log.error("something failed", error, held > 0 ? { count: held } : undefined);
    },
    /** What the delivery audit finds (services/gateway/audit.ts), beyond its counts. */
    audit: {
      gapHealed: (ms: number) => gaps.observe(ms / 1000),
      lost(fields: Pick<LogFields, "session" | "conversation" | "seq" | "count">) {
        log.error("a session was not shown messages that it should have", undefined, fields);
      },
    },
    diskChanged(isFull: boolean, freeMiB: number) {
      if (isFull)
        log.error("the disk is full: messages are refused until there is space", undefined, { freeMiB });
      else log.info("the disk has space again: messages are taken", { freeMiB });
    },
  };
}
