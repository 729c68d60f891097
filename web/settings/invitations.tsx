// For the owner of the installation: a link by which one more person may make an account.

import { useSignal } from "@preact/signals";
import type { Client } from "#sdk/types.ts";
import { Problem } from "#web/shell/problem.tsx";
import { wholeTime } from "#web/shell/times.ts";
import { useAction } from "#web/shell/use-action.ts";

export function Invitations({ client }: { client: Client }) {
  const link = useSignal<{ url: string; expiresAt: number } | null>(null);
  const isCopied = useSignal(false);
  const action = useAction();
  const invite = () =>
    action.run(
      () => client.account.invite(),
      ({ token, expiresAt }) => {
        isCopied.value = false;
        link.value = { url: `${location.origin}/#invite=${token}`, expiresAt };
      },
    );
  const copy = async (field: HTMLInputElement | null, url: string) => {
    field?.select();
    await navigator.clipboard?.writeText(url).then(
      () => (isCopied.value = true),
      () => {}, // refused by the browser: the link stands selected for the keyboard
    );
  };
  return (
    <section>
      <h3>Invitations</h3>
      {link.value && (
        <div class="field">
          <label for="invitation">Link for one person</label>
          <div class="line">
            <input id="invitation" readOnly value={link.value.url} />
            <button
              type="button"
              class="plain-button"
              onClick={(event) => {
                const field = event.currentTarget.parentElement?.querySelector("input") ?? null;
                void copy(field, link.value!.url);
              }}
            >
              {isCopied.value ? "Copied" : "Copy"}
            </button>
          </div>
          <p class="hint">Good until {wholeTime(link.value.expiresAt)}.</p>
        </div>
      )}
      <Problem text={action.problem} />
      <button type="button" class="plain-button" disabled={action.busy.value} onClick={() => void invite()}>
        {link.value ? "Make another link" : "Make an invitation link"}
      </button>
    </section>
  );
}
