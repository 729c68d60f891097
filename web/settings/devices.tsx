// The devices where one is logged in, and how to log one of them out.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DeviceSession } from "#sdk/account-types.ts";
import type { Client } from "#sdk/types.ts";
import { Problem } from "#web/shell/problem.tsx";
import { wholeTime } from "#web/shell/times.ts";
import { useAction } from "#web/shell/use-action.ts";

export function Devices({ client }: { client: Client }) {
  const devices = useSignal<readonly DeviceSession[]>([]);
  const reading = useAction();
  const acting = useAction();
  const read = () =>
    void reading.run(
      () => client.account.sessions(),
      (sessions) => {
        devices.value = sessions;
      },
    );
  useEffect(read, [client]);
  return (
    <section>
      <h3>Devices</h3>
      <Problem text={reading.problem} />
      <Problem text={acting.problem} />
      <ul aria-label="Devices">
        {devices.value.map((device) => (
          <li class="device" key={device.session}>
            <div>
              <span class="person-name">{device.device || "Unknown device"}</span>
              <span class="person-note">
                {device.current ? "This device" : `Last here ${wholeTime(device.lastSeenAt)}`}
              </span>
            </div>
            {!device.current && (
              <button
                type="button"
                class="danger-button"
                aria-label={`Log out ${device.device || "unknown device"}`}
                disabled={acting.busy.value}
                onClick={() => void acting.run(() => client.account.revoke(device.session), read)}
              >
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
      {devices.value.length > 2 && (
        <button
          type="button"
          class="plain-button"
          disabled={acting.busy.value}
          onClick={() => void acting.run(() => client.account.revokeOthers(), read)}
        >
          Log out all others
        </button>
      )}
    </section>
  );
}
