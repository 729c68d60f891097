// What a browser knows about its network and its page, as hints: look again now, or write down what there is.
// Elsewhere than in a page nothing is listened to.

interface PageLike {
  addEventListener(event: string, listener: () => void): void;
  removeEventListener(event: string, listener: () => void): void;
}

/** Returns how to stop listening. */
export function listenToPage(hints: { wake(): void; hide(): void }): () => void {
  const { window, document } = globalThis as { window?: PageLike; document?: PageLike & { hidden: boolean } };
  if (!window?.addEventListener || !document?.addEventListener) return () => {};
  const looked = () => (document.hidden ? hints.hide() : hints.wake());
  // "offline" wakes as well: a connection that is still good answers the probe, a dead one is noticed now.
  window.addEventListener("online", hints.wake);
  window.addEventListener("offline", hints.wake);
  window.addEventListener("pagehide", hints.hide);
  document.addEventListener("visibilitychange", looked);
  return () => {
    window.removeEventListener("online", hints.wake);
    window.removeEventListener("offline", hints.wake);
    window.removeEventListener("pagehide", hints.hide);
    document.removeEventListener("visibilitychange", looked);
  };
}
