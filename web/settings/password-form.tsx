// Changes the password; the other devices are logged out by it.

import { useSignal } from "@preact/signals";
import type { Client } from "#sdk/types.ts";
import { Problem } from "#web/shell/problem.tsx";
import { useAction } from "#web/shell/use-action.ts";

export function PasswordForm({ client }: { client: Client }) {
  const isOpen = useSignal(false);
  const isDone = useSignal(false);
  const action = useAction();
  if (!isOpen.value) {
    return (
      <section>
        <h3>Password</h3>
        {isDone.value && (
          <p class="good-news" role="status">
            Changed. Your other devices are logged out.
          </p>
        )}
        <button type="button" class="plain-button" onClick={() => (isOpen.value = true)}>
          Change password
        </button>
      </section>
    );
  }
  return (
    <section>
      <h3>Password</h3>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const wish = { current: String(data.get("current")), next: String(data.get("next")) };
          void action.run(
            () => client.account.changePassword(wish),
            () => {
              isOpen.value = false;
              isDone.value = true;
            },
          );
        }}
      >
        <div class="field">
          <label for="current-password">Present password</label>
          <input
            id="current-password"
            name="current"
            type="password"
            autocomplete="current-password"
            required
          />
        </div>
        <div class="field">
          <label for="next-password">New password</label>
          <input id="next-password" name="next" type="password" autocomplete="new-password" required />
        </div>
        <Problem text={action.problem} />
        <button type="submit" class="main-button" disabled={action.busy.value}>
          Change password
        </button>
      </form>
    </section>
  );
}
