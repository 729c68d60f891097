// A call to Redis that may be late or lost: its answer, or null when there is none in time.

export function inTime<T>(withinMs: number, work: Promise<T>): Promise<T | null> {
  return new Promise((answer) => {
    const timer = setTimeout(() => answer(null), withinMs);
    const end = (value: T | null) => {
      clearTimeout(timer);
      answer(value);
    };
    work.then(end, () => end(null));
  });
}
