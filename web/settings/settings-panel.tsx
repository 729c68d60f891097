// One's own matters: name, password, devices, invitations, logging out.

import { useSignal } from "@preact/signals";
import type { Client } from "#sdk/types.ts";
import { forgetDrafts } from "#web/compose/drafts.ts";
import { Panel } from "#web/shell/panel.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { useTold } from "#web/shell/told.ts";
import { useAction } from "#web/shell/use-action.ts";
import { Devices } from "./devices.tsx";
import { Invitations } from "./invitations.tsx";
import { PasswordForm } from "./password-form.tsx";

export function SettingsPanel(props: { client: Client; onClose: () => void; onOut: () => void }) {
  const { client } = props;
  useTold(client, "me");
  const leaving = useAction();
  const account = client.me?.account;
  return (
    <Panel title="Settings" onClose={props.onClose}>
      <ProfileForm client={client} />
      {account?.isOwner && <Invitations client={client} />}
      <Devices client={client} />
      <PasswordForm client={client} />
      <section>
        <Problem text={leaving.problem} />
        <button
          type="button"
          class="danger-button"
          disabled={leaving.busy.value}
          onClick={() =>
            void leaving.run(
              () => client.account.logOut(),
              () => {
                forgetDrafts();
                props.onOut();
              },
            )
          }
        >
          Log out
        </button>
      </section>
    </Panel>
  );
}

function ProfileForm({ client }: { client: Client }) {
  const account = client.me?.account;
  const name = useSignal<string | null>(null);
  const action = useAction();
  const words = (name.value ?? account?.displayName ?? "").trim();
  return (
    <section>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void action.run(
            () => client.account.rename(words),
            () => {
              name.value = null;
            },
          );
        }}
      >
        <label for="display-name">Your name</label>
        <div class="line">
          <input
            id="display-name"
            autocomplete="name"
            value={name.value ?? account?.displayName ?? ""}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
          />
          <button
            type="submit"
            class="plain-button"
            disabled={words === "" || words === account?.displayName || action.busy.value}
          >
            Save
          </button>
        </div>
        <p class="hint">@{account?.handle}</p>
        {account?.isOwner && <p class="hint">You are the owner of this Banyan.</p>}
        <Problem text={action.problem} />
      </form>
    </section>
  );
}
