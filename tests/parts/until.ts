// Looking again and again until something is true, with a deadline: for parts that tell nobody when they change.

export async function until<T>(
  what: string,
  look: () => Promise<T | false | undefined | null> | T | false | undefined | null,
  withinMs = 20_000,
): Promise<T> {
  const endsAt = performance.now() + withinMs;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > endsAt) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
