// Accounts for Tinode without its sign-up, which would hash a password for each: rows with ids that we choose, and the
// names and tokens that follow from them by its own rules.

import { createHmac } from "node:crypto";

/** Made up for the bench; nothing real is behind them. */
export const tinodeKeys = {
  user: Buffer.from("bench-user-key-0"),
  token: Buffer.from("a key for the tokens of the bench alone"),
  api: Buffer.from("a salt for the api key of the bench"),
};

const authenticated = 20;
const serialNumber = 1;
const isValidated = 1;
const apiKeyVersion = 1;

/** A user's public id, which is the row's id behind a cipher. */
export function tinodeUser(row: number): string {
  return `usr${cipherOf(row).toString("base64url")}`;
}

/** Valid for a day. */
export function tinodeToken(row: number): string {
  const body = Buffer.alloc(18);
  cipherOf(row).copy(body);
  body.writeUInt32LE(Math.floor(Date.now() / 1000) + 86_400, 8);
  body.writeUInt16LE(authenticated, 12);
  body.writeUInt16LE(serialNumber, 14);
  body.writeUInt16LE(isValidated, 16);
  const signature = createHmac("sha256", tinodeKeys.token).update(body).digest();
  return Buffer.concat([body, signature]).toString("base64");
}

/** What a client shows before it may speak. */
export function tinodeApiKey(): string {
  const body = Buffer.from([apiKeyVersion, 0, 0, 0, 0, 1, 0, 0]);
  const signature = createHmac("md5", tinodeKeys.api).update(body).digest();
  return Buffer.concat([body, signature]).toString("base64url");
}

/** XTEA with 64 rounds over the id in little-endian order; the words are big-endian. */
function cipherOf(row: number): Buffer {
  const key = [0, 4, 8, 12].map((at) => tinodeKeys.user.readUInt32BE(at));
  const block = Buffer.alloc(8);
  block.writeUInt32LE(row, 0);
  let first = block.readUInt32BE(0);
  let second = block.readUInt32BE(4);
  let sum = 0;
  for (let cycle = 0; cycle < 32; cycle++) {
    first = (first + ((mixed(second) ^ (sum + key[sum & 3]!)) >>> 0)) >>> 0;
    sum = (sum + 0x9e3779b9) >>> 0;
    second = (second + ((mixed(first) ^ (sum + key[(sum >>> 11) & 3]!)) >>> 0)) >>> 0;
  }
  block.writeUInt32BE(first, 0);
  block.writeUInt32BE(second, 4);
  return block;
}

function mixed(word: number): number {
  return (((word << 4) ^ (word >>> 5)) + word) >>> 0;
}
