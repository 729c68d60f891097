// How long a session lives: it slides with use, and is written down at most once in `touchEveryMs`.

export interface SessionLife {
  readonly lifeMs: number;
  readonly touchEveryMs: number;
}

export function isLive(session: { readonly expiresAt: number }, now: number): boolean {
  return now < session.expiresAt;
}

export function needsTouch(
  session: { readonly lastSeenAt: number },
  life: SessionLife,
  now: number,
): boolean {
  return now - session.lastSeenAt >= life.touchEveryMs;
}
