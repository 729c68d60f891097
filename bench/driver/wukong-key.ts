// What WuKongIM's clients do with keys: X25519 once a connection, then AES-128-CBC for each text and each signature.

import {
  createCipheriv,
  createHash,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";

export interface WukongKey {
  readonly key: Buffer;
  readonly iv: Buffer;
}

/** What stands before the 32 bytes of an X25519 public key in its DER form (RFC 8410). */
const derHead = Buffer.from("302a300506032b656e032100", "hex");
let own: { privateKey: KeyObject; publicKey: string } | null = null;

/** One pair of keys for all clients of this process: each agrees with a key that the server makes for it. */
function ownKeys() {
  if (!own) {
    const { privateKey, publicKey } = generateKeyPairSync("x25519");
    const der = publicKey.export({ type: "spki", format: "der" });
    own = { privateKey, publicKey: der.subarray(derHead.length).toString("base64") };
  }
  return own;
}

export function clientPublicKey(): string {
  return ownKeys().publicKey;
}

/** From what the server says when it lets a client in. */
export function agreedKey(serverPublicKey: string, salt: string): WukongKey {
  const der = Buffer.concat([derHead, Buffer.from(serverPublicKey, "base64")]);
  const publicKey = createPublicKey({ key: der, type: "spki", format: "der" });
  const shared = diffieHellman({ privateKey: ownKeys().privateKey, publicKey }).toString("base64");
  return { key: Buffer.from(md5(shared).slice(0, 16)), iv: Buffer.from(salt.slice(0, 16)) };
}

export function encrypted({ key, iv }: WukongKey, text: string): string {
  const cipher = createCipheriv("aes-128-cbc", key, iv);
  return Buffer.concat([cipher.update(text, "utf8"), cipher.final()]).toString("base64");
}

export function signature(key: WukongKey, text: string): string {
  return md5(encrypted(key, text));
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
