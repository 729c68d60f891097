// A typed emitter. Listeners are called in the order they came; one that throws does not stop the others.

export class Emitter<Events> {
  #listeners = new Map<keyof Events, Set<(data: any) => void>>();

  on<E extends keyof Events>(event: E, listener: (data: Events[E]) => void): () => void {
    const own = (data: Events[E]) => listener(data);
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(own));
    return () => listeners.delete(own);
  }

  emit<E extends keyof Events>(event: E, data: Events[E]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        listener(data);
      } catch (error) {
        // A page's mistake must not stop the feed; it still surfaces as an unhandled rejection.
        Promise.reject(error);
      }
    }
  }
}
