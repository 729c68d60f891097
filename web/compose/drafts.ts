// What one has begun to write, kept for each conversation until it is sent, also over a reload. Where the
// browser refuses storage, drafts live as long as the page.

const prefix = "banyan-draft:";
const inMemory = new Map<string, string>();

export function draftOf(conversation: string): string {
  try {
    return localStorage.getItem(prefix + conversation) ?? "";
  } catch {
    return inMemory.get(conversation) ?? "";
  }
}

export function keepDraft(conversation: string, text: string): void {
  try {
    if (text) localStorage.setItem(prefix + conversation, text);
    else localStorage.removeItem(prefix + conversation);
  } catch {
    if (text) inMemory.set(conversation, text);
    else inMemory.delete(conversation);
  }
}

/** At log-out: the next person at this browser sees nothing of it. */
export function forgetDrafts(): void {
  inMemory.clear();
  try {
    const keys = Array.from({ length: localStorage.length }, (_, i) => localStorage.key(i) ?? "");
    for (const key of keys) if (key.startsWith(prefix)) localStorage.removeItem(key);
  } catch {
    // Nothing was kept where storage is refused.
  }
}
