// How the connection stands, when it does not stand well: offline, trying again in N seconds, back again.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client, ClientState } from "#sdk/types.ts";
import { useTold } from "./told.ts";

const backShownMs = 2_500;
/** A connection made sooner than this needs no words. */
const quietMs = 1_200;

export function Banner({ client }: { client: Client }) {
  useTold(client, "state");
  const state = client.state;
  const isLive = state.kind === "live";
  const shown = useSignal<"nothing" | "away" | "back">("nothing");
  const now = useSignal(Date.now());

  useEffect(() => {
    if (isLive && shown.value === "nothing") return;
    if (isLive) shown.value = "back";
    const waitMs = isLive ? backShownMs : shown.value === "nothing" ? quietMs : 0;
    const timer = setTimeout(() => {
      shown.value = isLive ? "nothing" : "away";
    }, waitMs);
    return () => clearTimeout(timer);
  }, [isLive]);

  useEffect(() => {
    if (state.kind !== "waiting") return;
    const tick = () => {
      now.value = Date.now();
    };
    tick();
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [state.kind]);

  const words = isLive ? "Connected again." : describe(state, now.value);
  return (
    <div class="banner-place" role="status">
      {shown.value !== "nothing" && (
        <div class={`banner${isLive ? " is-back" : ""}`}>
          <span>{words}</span>
          {state.kind === "waiting" && (
            <button type="button" class="link-button" onClick={() => client.wake()}>
              Try now
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function describe(state: ClientState, now: number): string {
  if (state.kind === "connecting") return "Connecting…";
  if (state.kind !== "waiting") return "Not connected.";
  if (state.reason === "offline" || !navigator.onLine)
    return "You are offline. What you write is kept and sent later.";
  const seconds = Math.max(0, Math.ceil((state.retryAt - now) / 1000));
  const why = state.reason === "draining" ? "The server is restarting." : "No connection.";
  return seconds > 0 ? `${why} Trying again in ${seconds} s.` : `${why} Trying again…`;
}
