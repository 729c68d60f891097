// What the services of a process say of themselves, read when somebody asks for /metrics.

import type { Telemetry } from "#app/telemetry.ts";
import type { ApiServer } from "#services/api/create-api.ts";
import type { Gateway } from "#services/gateway/gateway.ts";
import type { MessagingService } from "#services/messaging/messaging.ts";
import type { Worker } from "#services/worker/worker.ts";

export interface Services {
  readonly gateway: Gateway | null;
  readonly messaging: MessagingService | null;
  readonly api: ApiServer | null;
  readonly worker: Worker | null;
}

export function showServices(telemetry: Telemetry, { gateway, messaging, api, worker }: Services): void {
  if (gateway) {
    telemetry.gauge("sessions", "Live sessions.", () => gateway.stats().sessions);
    telemetry.gauge("deliveries", "Frames handed to readers.", () => gateway.stats().deliveries);
    telemetry.gauge("hellos", "Sessions whose hello is being answered.", () => gateway.stats().hellos);
    telemetry.counted(
      "hellos_refused",
      "Hellos told to come back later.",
      () => gateway.stats().hellosRefused,
    );
    telemetry.counted("healed", "Rooms in which a lost change was found.", () => gateway.stats().healed);
  }
  if (gateway) showAudit(telemetry, gateway);
  if (messaging) {
    telemetry.gauge("commits_waiting", "Commands that wait for their commit.", messaging.waitingCommits);
    telemetry.cache("facts", () => messaging.facts.stats());
    telemetry.cache("recent", () => messaging.caches.recent.stats());
    telemetry.cache("cursors", () => messaging.caches.cursors.stats());
  }
  if (api) {
    telemetry.cache("sessions", () => api.caches().sessions);
    telemetry.cache("compressed", () => api.caches().compressed);
  }
  if (worker) showWorker(telemetry, worker);
}

function showAudit(telemetry: Telemetry, gateway: Gateway): void {
  const read = () => gateway.stats().audit;
  telemetry.gauge("audit_sessions", "Sessions that report what they show.", () => read().sessions);
  telemetry.counted("audit_reports", "Reports that sessions made.", () => read().reports);
  telemetry.counted("audit_messages_checked", "Messages that a session had to show.", () => read().checked);
  telemetry.counted("audit_messages_lost", "Of these, not shown in time.", () => read().lost);
  telemetry.counted("audit_messages_late", "Of the lost ones, shown after all.", () => read().late);
  telemetry.counted(
    "audit_messages_unchecked",
    "Messages of these sessions of which no report came.",
    () => read().unchecked,
  );
  telemetry.counted(
    "audit_messages_ignored",
    "Messages that came again and did no harm.",
    () => read().ignored,
  );
  telemetry.counted("audit_messages_doubled", "Messages shown twice as new.", () => read().doubled);
  telemetry.counted("audit_gaps_healed", "Gaps that healed.", () => read().gapsHealed);
  telemetry.counted("audit_lossy_sessions", "Sessions that told of a loss.", () => read().lossySessions);
  telemetry.counted("audit_disbelieved", "Reports that cannot be so.", () => read().disbelieved);
}

function showWorker(telemetry: Telemetry, worker: Worker): void {
  for (const [at, { consumer }] of worker.stats().consumers.entries()) {
    const read = () => worker.stats().consumers[at]!;
    telemetry.gauge(`${consumer}_lag`, "Durable events that wait for this consumer.", () => read().lag ?? 0);
    telemetry.counted(`${consumer}_confirmed`, "Durable events done.", () => read().confirmed);
    telemetry.counted(
      `${consumer}_redeliveries`,
      "Durable events that came again.",
      () => read().redeliveries,
    );
    telemetry.counted(
      `${consumer}_dead_letters`,
      "Events given up, see ./banyan dead-letters.",
      () => read().deadLetters,
    );
  }
  const relay = () => worker.stats().relay;
  if (!relay()) return;
  telemetry.gauge("relay_active", "1: this process feeds the event stream.", () =>
    relay()!.isActive ? 1 : 0,
  );
  telemetry.counted("relay_published", "Events given to the stream.", () => relay()!.published);
  telemetry.gauge(
    "relay_unconfirmed",
    "Events that some consumer has not done yet.",
    () => relay()!.unconfirmed ?? 0,
  );
}
