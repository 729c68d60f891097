// One function per business event: it writes the log line where one is due, counts, and keeps the duration.
// Ids stand in log lines, never in metric labels; labels are short closed lists.

import { Counter, Histogram, type Registry } from "prom-client";
import type { Log, LogFields } from "#app/telemetry/log.ts";

const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
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
  const logIns = counter("log_ins_total", "Log-ins, by outcome.", ["outcome"]);
  const sessionsRevoked = counter("sessions_revoked_total", "Sessions that were ended by their owner.");
  const socketsOpened = counter("sockets_opened_total", "WebSockets opened.");
  const socketsClosed = counter("sockets_closed_total", "WebSockets closed, by reason.", ["reason"]);
  const resyncs = counter(
    "slow_readers_total",
    "Readers whose queue was full and who were told to catch up.",
  );
  const commands = counter("commands_total", "Commands, by kind and outcome.", ["kind", "outcome"]);
  const commandSeconds = histogram(
    "command_seconds",
    "From a command's arrival to its answer.",
    secondsBuckets,
    ["kind"],
  );
  const groupSends = histogram("group_sends", "Messages committed by one statement.", groupBuckets);
  const groupSeconds = histogram("group_seconds", "Duration of one group's commit.", secondsBuckets);
  const published = counter("changes_published_total", "Changes told to conversations.");
  const requests = histogram("http_seconds", "HTTP requests.", secondsBuckets, ["method", "route", "status"]);
  const storeFailures = counter("store_failures_total", "Calls of the store that failed.");

  return {
    accountCreated(fields: Pick<LogFields, "user">) {
      accounts.inc();
      log.info("account created", fields);
    },
    loggedIn(fields: Pick<LogFields, "user" | "session">) {
      logIns.inc({ outcome: "accepted" });
      log.info("logged in", fields);
    },
    logInRefused(fields: Pick<LogFields, "address" | "reason">) {
      logIns.inc({ outcome: "refused" });
      log.info("log-in refused", fields);
    },
    sessionRevoked(fields: Pick<LogFields, "user" | "session">) {
      sessionsRevoked.inc();
      log.info("session revoked", fields);
    },
    socketOpened() {
      socketsOpened.inc();
    },
    socketClosed(reason: "by_client" | "silent" | "refused" | "draining" | "slow") {
      socketsClosed.inc({ reason });
    },
    readerWasSlow(fields: Pick<LogFields, "session" | "conversation">) {
      resyncs.inc();
      log.debug("slow reader told to catch up", fields);
    },
    /** `outcome`: "ok" or the refusal's code. */
    commandAnswered(kind: string, outcome: string, ms: number) {
      commands.inc({ kind, outcome });
      commandSeconds.observe({ kind }, ms / 1000);
    },
    groupCommitted(count: number, ms: number) {
      groupSends.observe(count);
      groupSeconds.observe(ms / 1000);
    },
    changesPublished(count: number) {
      published.inc(count);
    },
    /** `route` is the pattern, never the path. */
    requestAnswered(method: string, route: string, status: number, ms: number) {
      requests.observe({ method, route, status }, ms / 1000);
    },
    storeFailed(error: unknown) {
      storeFailures.inc();
      log.error("the store did not answer", error);
    },
    diskChanged(isFull: boolean, freeMiB: number) {
      if (isFull)
        log.error("the disk is full: messages are refused until there is space", undefined, { freeMiB });
      else log.info("the disk has space again: messages are taken", { freeMiB });
    },
  };
}
