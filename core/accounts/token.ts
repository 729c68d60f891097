// The token that a device shows: who, which session, and a secret. Opaque to clients; the server keeps only
// the secret's SHA-256 (enough for 32 random bytes), so that a stolen database opens no session.

import { hash, timingSafeEqual } from "node:crypto";
import { fromBase64Url, toBase64Url } from "#base/base64url.ts";
import { type SessionId, type UserId, uuidFromBytes, uuidToBytes } from "#base/ids.ts";

export interface PresentedToken {
  readonly user: UserId;
  readonly session: SessionId;
  readonly secretHash: Uint8Array;
}

export const sessionCookie = "banyan_session";
export const secretBytes = 32;
const prefix = "bt1_";
const tokenChars = prefix.length + Math.ceil(((16 + 16 + secretBytes) * 4) / 3);

export function makeToken(user: UserId, session: SessionId, secret: Uint8Array): string {
  const bytes = new Uint8Array(32 + secretBytes);
  bytes.set(uuidToBytes(user));
  bytes.set(uuidToBytes(session), 16);
  bytes.set(secret, 32);
  return prefix + toBase64Url(bytes);
}

/** Ready for `Accounts.authenticate`; null for what is no token at all. */
export function parseToken(token: string): PresentedToken | null {
  if (token.length !== tokenChars || !token.startsWith(prefix)) return null;
  const bytes = fromBase64Url(token.slice(prefix.length));
  if (bytes === null) return null;
  return {
    user: uuidFromBytes(bytes) as UserId,
    session: uuidFromBytes(bytes, 16) as SessionId,
    secretHash: hashSecret(bytes.subarray(32)),
  };
}

export function hashSecret(secret: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(hash("sha256", secret, "buffer"));
}

/** In a time that does not tell how much was alike. */
export function isSameHash(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}
