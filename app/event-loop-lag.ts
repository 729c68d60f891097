// How late this process runs its timers: the first sign of having more to do than one core can.

export interface EventLoopLag {
  /** The worst of the last second or two. */
  lagMs(): number;
  stop(): void;
}

const everyMs = 100;
const windowTicks = 10;

export function watchEventLoopLag(now: () => number = () => performance.now()): EventLoopLag {
  let dueAt = now() + everyMs;
  let ticks = 0;
  let worst = 0;
  let worstBefore = 0;
  const timer = setInterval(() => {
    worst = Math.max(worst, now() - dueAt);
    dueAt = now() + everyMs;
    if (++ticks % windowTicks !== 0) return;
    worstBefore = worst;
    worst = 0;
  }, everyMs);
  timer.unref();
  return { lagMs: () => Math.max(worst, worstBefore), stop: () => clearInterval(timer) };
}
