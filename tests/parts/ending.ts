// What must not outlive the test process, however it ends, and is ended without waiting: processes that were left
// running, folders. `bun test` tells no module that it exits, so tests/preload.ts says when the last file is done.

const endings = new Set<() => void>();

/** Called when the tests are over, or this process exits otherwise; the answer takes it back. */
export function endWithTests(end: () => void): () => void {
  endings.add(end);
  return () => void endings.delete(end);
}

export function endAll(): void {
  for (const end of endings) {
    try {
      end();
    } catch {
      // It has ended by itself; the others' turn comes all the same.
    }
  }
  endings.clear();
}

process.on("exit", endAll);
