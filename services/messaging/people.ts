// Puts display names into membership changes: the conversation side stores user ids only.

import type { UserId } from "#base/ids.ts";
import type { Change } from "#core/messages/message.ts";
import type { Accounts } from "#ports/accounts.ts";

export type People = Pick<Accounts, "accounts">;

export async function withDisplayNames<C extends Change>(
  people: People,
  changes: readonly C[],
): Promise<readonly C[]> {
  const users = new Set<UserId>();
  for (const change of changes) if (change.kind === "member") users.add(change.user);
  if (users.size === 0) return changes;
  const accounts = await people.accounts([...users]);
  const names = new Map(
    accounts.flatMap((account) => (account ? [[account.user, account.displayName]] : [])),
  );
  return changes.map((change) =>
    change.kind === "member" ? { ...change, displayName: names.get(change.user) ?? "" } : change,
  );
}
