// Ties what the client library tells to what the page paints.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client, ClientEvents } from "#sdk/types.ts";

/** Renders the component again after any of these events. The events must be the same at each render. */
export function useTold(client: Client, ...events: (keyof ClientEvents)[]): void {
  const told = useSignal(0);
  void told.value;
  useEffect(() => {
    const again = () => void told.value++;
    const ends = events.map((event) => client.on(event, again));
    again(); // something may have been told between the first render and now
    return () => {
      for (const end of ends) end();
    };
  }, [client]);
}
