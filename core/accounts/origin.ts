// Whether a browser's request comes from our own page: what a cookie alone cannot tell.

/** `origin` and `host` are the request's headers, `publicUrl` is for proxies that change the Host. */
export function isOwnOrigin(origin: string | null, host: string | null, publicUrl: string | null): boolean {
  if (origin === null || !URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (publicUrl !== null && from.origin === new URL(publicUrl).origin) return true;
  return host !== null && from.host === host.toLowerCase();
}
