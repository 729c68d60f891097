// Messaging services behind a real NATS, and the router that stands for them, as the suite of the port wants them.

import { createMemoryRollCall, RollCallRoom } from "#adapters/memory/roll-call.ts";
import type { Nats } from "#adapters/nats/connection.ts";
import { type MessagingRouter, openMessagingRouter, type RouterOptions } from "#adapters/nats/messaging.ts";
import type { RouterLimits } from "#adapters/nats/messaging-limits.ts";
import { type MessagingServer, serveMessaging } from "#adapters/nats/messaging-server.ts";
import type { Messaging } from "#ports/messaging.ts";
import type { Card } from "#ports/roll-call.ts";
import { openMessaging, type ServiceUnderTest, type ServiceWish } from "./messaging-service.ts";
import type { StorePorts } from "./store-under-test.ts";

export interface Instance {
  readonly instance: string;
  readonly server: MessagingServer;
  /** Its card says so, as the process that leaves does it. */
  leave(): Promise<void>;
}

export class House {
  readonly room = new RollCallRoom();
  readonly router: MessagingRouter;
  readonly failures: unknown[] = [];

  constructor(gateway: Nats, limits: Partial<RouterLimits> = {}, local?: RouterOptions["local"]) {
    const rollCall = createMemoryRollCall(Date.now, this.room);
    this.router = openMessagingRouter(gateway, { rollCall, limits, ...(local ? { local } : {}) });
  }

  /** Serves and, once NATS knows, says so. */
  join(nats: Nats, messaging: Messaging, instance = crypto.randomUUID().slice(0, 8)): Instance {
    const onFailure = (error: unknown) => this.failures.push(error);
    const server = serveMessaging(nats, messaging, { instance, onFailure });
    const rollCall = createMemoryRollCall(Date.now, this.room);
    let card: Card = { instance, roles: ["messaging"], state: "serving", sessions: 0, version: "0" };
    void server.ready.then(() => rollCall.announce(() => card)).catch(onFailure);
    const leave = async () => {
      card = { ...card, state: "leaving" };
      rollCall.tell();
      await server.leave();
      rollCall.leave();
    };
    return { instance, server, leave };
  }
}

/** Two services on one store, each on a connection of its own, and the router on a third. */
export function openMessagingOver([gateway, ...messaging]: readonly Nats[]) {
  return (store: StorePorts, wish: ServiceWish = {}): ServiceUnderTest => {
    const house = new House(gateway!);
    const services = messaging.map((nats) => {
      const service = openMessaging(store, wish);
      return { ...service, ...house.join(nats, service.messaging) };
    });
    return {
      messaging: house.router,
      async drain() {
        await Promise.all(services.map((service) => service.leave()));
        await Promise.all(services.map((service) => service.drain()));
      },
      afterDrain: "unavailable",
      async answersAreHere() {
        for (let round = 0; round < 5; round++) {
          await new Promise(setImmediate);
          for (const nats of [gateway!, ...messaging]) await nats.flush();
        }
      },
      follow(conversation) {
        const announced = services[0]!.follow(conversation);
        for (const service of services.slice(1)) service.follow(conversation, announced);
        return announced;
      },
    };
  };
}
