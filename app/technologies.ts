// Which technology serves which port: the one place that decides it, by topology. Everything else of a process is
// the same for all topologies.

import type { Stores } from "#app/compose.ts";
import type { Config } from "#app/config.ts";
import type { Lifecycle } from "#app/lifecycle.ts";
import { openEmbedded } from "#app/technologies/embedded.ts";
import type { Telemetry } from "#app/telemetry.ts";
import type { EventBus } from "#ports/event-bus.ts";
import type { Inbox } from "#ports/inbox.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Presence, PresenceUpkeep } from "#ports/presence.ts";
import type { RateLimits, SharedCounts } from "#ports/rate-limits.ts";
import type { RollCall } from "#ports/roll-call.ts";
import type { MessagingService } from "#services/messaging/messaging.ts";
import type { WorkerNeeds } from "#services/worker/worker.ts";

export interface Technologies {
  readonly stores: Stores;
  readonly bus: EventBus;
  readonly presence: Presence;
  /** Where presence outlives a process, somebody has to forget what dead ones left. */
  readonly presenceUpkeep: PresenceUpkeep | null;
  readonly rateLimits: RateLimits;
  readonly sharedCounts: SharedCounts | null;
  readonly durable: Pick<WorkerNeeds, "stream" | "deadLetters" | "relay">;
  readonly rollCall: RollCall;
  /** null: this process can serve people; else what it lacks. */
  notReadyBecause(): string | null;
  /** False while nothing can be stored. */
  mayWrite(): boolean;
  /** The command bus as gateway and API see it; `local` is the service of this very process, if it has one. */
  reachMessaging(local: MessagingService | null): ReachedMessaging;
}

export interface ReachedMessaging {
  readonly messaging: Messaging;
  readonly inbox: Pick<Inbox, "list" | "cursors">;
  /** Lets the others use the local service; fulfils when they can. */
  serve(): Promise<void>;
  /** Answers what the others gave, and gives back what comes after. */
  leave(): Promise<void>;
}

export interface TechnologyNeeds {
  readonly config: Config;
  /** This process among others; new with each start. */
  readonly instance: string;
  readonly parts: Lifecycle;
  readonly telemetry: Telemetry;
  readonly onFailure: (error: unknown) => void;
}

/** What only a cluster needs is loaded by none but its processes. */
export async function openTechnologies(needs: TechnologyNeeds): Promise<Technologies> {
  if (needs.config.topology === "cluster") {
    const { openCluster } = await import("#app/technologies/cluster.ts");
    return openCluster(needs);
  }
  return openEmbedded(needs);
}
