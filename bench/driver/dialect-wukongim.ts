// WuKongIM's binary protocol, version 3, over its own TCP stream. It encrypts every text for every connection and has no
// way without. The op stands in the message's own name, which is not encrypted, so the driver need not decrypt; a
// receipt goes back for each delivery, as its clients do, or it would deliver again.

import { type Dialect, type Ear, mark, opDigits, readDigits, textOf } from "./dialect.ts";
import type { Link } from "./web-socket.ts";
import { agreedKey, clientPublicKey, encrypted, signature, type WukongKey } from "./wukong-key.ts";

const packet = {
  connect: 1,
  connack: 2,
  send: 3,
  sendack: 4,
  recv: 5,
  recvack: 6,
  ping: 7,
  pong: 8,
} as const;
const protocolVersion = 3;
const reasonSuccess = 1;
const channel = { person: 1, group: 2 } as const;
const markBytes = Buffer.from(mark);
const ringSize = 1 << 17;
const ping = Buffer.from([packet.ping << 4]);

interface Client {
  readonly user: string;
  key: WukongKey | null;
  payload: string;
}

export function wukongIm(): Dialect {
  const clients = new Map<Link, Client>();
  const senders: (Link | null)[] = new Array(ringSize).fill(null);
  return {
    subprotocol: null,
    framing: packetEnd,
    path: () => "/",
    opened(link, { token }) {
      clients.set(link, { user: token, key: null, payload: "" });
      link.write(connectPacket(token));
    },
    heartbeat: (link) => link.write(ping),
    send(link, place, op) {
      const client = clients.get(link)!;
      senders[op % ringSize] = link;
      link.write(sendPacket(client, place, op));
    },
    received(link, bytes, from, to, ear) {
      const at = bodyAt(bytes, from);
      switch (bytes[from]! >> 4) {
        case packet.connack:
          welcomed(link, clients.get(link)!, bytes, at + (bytes[from]! & 1), ear);
          break;
        case packet.sendack:
          answered(link, bytes, at, ear);
          break;
        case packet.recv:
          heard(link, bytes, at, to, ear);
      }
    },
  };

  function heard(link: Link, bytes: Buffer, at: number, to: number, ear: Ear): void {
    const found = bytes.indexOf(markBytes, at);
    if (found < 0 || found > to) return;
    const op = readDigits(bytes, found + mark.length);
    link.write(receipt(bytes, found + mark.length + opDigits));
    if (senders[op % ringSize] === link) return;
    ear.delivered(link, 1);
    if (link.sampled) ear.saw(link, op);
  }
}

function answered(link: Link, bytes: Buffer, at: number, ear: Ear): void {
  const op = bytes.readUInt32BE(at + 8);
  const reason = bytes[at + 16]!;
  if (reason === reasonSuccess) ear.acked(link, op);
  else ear.refused(link, op, `reason ${reason}`);
}

/** `at`: where the message's id and number stand, 8 and 4 bytes, right behind its name. */
function receipt(bytes: Buffer, at: number): Buffer {
  return Buffer.concat([Buffer.from([packet.recvack << 4, 12]), bytes.subarray(at, at + 12)]);
}

function welcomed(link: Link, client: Client, bytes: Buffer, at: number, ear: Ear): void {
  const reason = bytes[at + 8]!;
  if (reason !== reasonSuccess) {
    ear.refused(link, null, `reason ${reason}`);
    return;
  }
  const [serverKey, next] = stringAt(bytes, at + 9);
  client.key = agreedKey(serverKey, stringAt(bytes, next)[0]);
  client.payload = encrypted(client.key, textOf(0));
  ear.live(link);
}

function connectPacket(user: string): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigInt64BE(BigInt(Date.now()));
  const device = 0;
  return framed(packet.connect, [
    Buffer.from([protocolVersion, device]),
    text(`device-${user}`),
    text(user),
    text(""),
    time,
    text(clientPublicKey()),
  ]);
}

/** A place with a colon is a pair of users; any other is a group. */
function sendPacket(client: Client, place: string, op: number): Buffer {
  const [one, two] = place.split(":");
  const type = two === undefined ? channel.group : channel.person;
  const to = two === undefined ? place : one === client.user ? two : one!;
  const name = mark + String(op).padStart(opDigits, "0");
  const head = Buffer.alloc(5);
  head.writeUInt32BE(op, 1);
  const key = signature(client.key!, `${op}${name}${to}${type}${client.payload}`);
  const expires = Buffer.alloc(4);
  return framed(packet.send, [
    head,
    text(name),
    text(to),
    Buffer.from([type]),
    expires,
    text(key),
    Buffer.from(client.payload),
  ]);
}

function text(value: string): Buffer {
  const bytes = Buffer.from(`\0\0${value}`);
  bytes.writeUInt16BE(bytes.length - 2);
  return bytes;
}

function stringAt(bytes: Buffer, at: number): [string, number] {
  const end = at + 2 + bytes.readUInt16BE(at);
  return [bytes.toString("latin1", at + 2, end), end];
}

function framed(kind: number, parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let left = body.length; ; left >>= 7) {
    size.push((left & 127) | (left > 127 ? 128 : 0));
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([kind << 4, ...size]), body]);
}

function bodyAt(bytes: Buffer, from: number): number {
  let at = from + 1;
  while (bytes[at]! & 128) at++;
  return at + 1;
}

/** One byte for a ping or its answer; else a byte, the length in groups of seven bits, and so many bytes. */
function packetEnd(bytes: Buffer, from: number): number {
  const kind = bytes[from]! >> 4;
  if (kind === packet.ping || kind === packet.pong) return from + 1;
  let length = 0;
  for (let at = from + 1, shift = 0; at < bytes.length; at++, shift += 7) {
    length += (bytes[at]! & 127) << shift;
    if (bytes[at]! & 128) continue;
    const end = at + 1 + length;
    return end <= bytes.length ? end : -1;
  }
  return -1;
}
