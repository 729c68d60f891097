// Waiting for what shall become true, with a deadline: for tests with real processes.

export async function until<T>(
  what: string,
  look: () => T | false | undefined | null,
  withinMs = 10_000,
): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const found = look();
    if (found) return found;
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
