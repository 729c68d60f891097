// NATS over its own TCP protocol. Core: each publish is confirmed with +OK (the protocol's verbose mode), which says that
// the server has it. JetStream: each publish names an inbox, and the stream's acknowledgement comes there; listeners get
// the message as core subscribers do, without a consumer of their own.

import {
  type Dialect,
  type Ear,
  mark,
  opDigits,
  patchDigits,
  readDigits,
  scanMarks,
  textBytes,
  textOf,
} from "./dialect.ts";
import type { Link } from "./web-socket.ts";

interface Client {
  /** Core: published and not confirmed yet. */
  readonly unconfirmed: number[];
  isLive: boolean;
  publish: { readonly place: string; readonly bytes: Buffer; readonly digits: readonly number[] } | null;
}

const options = { verbose: false, pedantic: false, echo: false, lang: "bench", version: "1", protocol: 1 };
const pong = Buffer.from("PONG\r\n");
const ping = Buffer.from("PING\r\n");
const carriageReturn = 13;
const space = 32;
const letter = (text: string) => text.charCodeAt(0);

export function nats({ isJetStream }: { isJetStream: boolean }): Dialect {
  const clients = new Map<Link, Client>();
  return {
    subprotocol: null,
    framing: unitEnd,
    path: () => "/",
    opened(link, { places }) {
      clients.set(link, { unconfirmed: [], isLive: false, publish: null });
      const connect = `CONNECT ${JSON.stringify({ ...options, verbose: !isJetStream })}\r\n`;
      const inbox = isJetStream ? `SUB _I.${link.index}.* 0\r\n` : "";
      const subscribe = places.map((place, i) => `SUB ${place} ${i + 1}\r\n`).join("");
      link.write(Buffer.from(`${connect}${inbox}${subscribe}PING\r\n`));
    },
    heartbeat: (link) => link.write(ping),
    send(link, place, op) {
      const client = clients.get(link)!;
      if (client.publish?.place !== place)
        client.publish = templateOf(place, isJetStream ? `_I.${link.index}.` : null);
      const { bytes, digits } = client.publish;
      for (const at of digits) patchDigits(bytes, at, op);
      if (!isJetStream) client.unconfirmed.push(op);
      link.write(bytes);
    },
    received(link, bytes, from, to, ear) {
      const first = bytes[from]!;
      if (first === letter("M")) heard(link, bytes, from, to, ear);
      else if (first === letter("+")) {
        const op = clients.get(link)!.unconfirmed.shift();
        if (op !== undefined) ear.acked(link, op);
      } else if (first === letter("P")) {
        if (bytes[from + 1] === letter("I")) link.write(pong);
        else ear.live(link);
      } else if (first === letter("-")) ear.refused(link, null, bytes.toString("latin1", from, to).trim());
    },
  };
}

/** A message, or what the stream says of one of ours: its inbox ends with the op. */
function heard(link: Link, bytes: Buffer, from: number, to: number, ear: Ear): void {
  if (bytes[from + 4] !== letter("_")) {
    ear.delivered(link, 1);
    if (link.sampled) scanMarks(link, bytes, from, to, ear);
    return;
  }
  const subjectEnd = bytes.indexOf(space, from + 4);
  const op = readDigits(bytes, subjectEnd - opDigits);
  const said = bytes.toString("latin1", subjectEnd, to);
  if (said.includes('"seq":')) ear.acked(link, op);
  else ear.refused(link, op, said);
}

function templateOf(place: string, inbox: string | null): NonNullable<Client["publish"]> {
  const reply = inbox === null ? "" : `${inbox}${"0".repeat(opDigits)} `;
  const head = `PUB ${place} `;
  const bytes = Buffer.from(`${head}${reply}${textBytes}\r\n${textOf(0)}\r\n`);
  const inText = bytes.indexOf(mark) + mark.length;
  return { place, bytes, digits: inbox === null ? [inText] : [head.length + inbox.length, inText] };
}

/** A line; a message is a line that ends with its size, and so many bytes with a line end of their own. */
function unitEnd(bytes: Buffer, from: number): number {
  const lineEnd = bytes.indexOf(carriageReturn, from);
  if (lineEnd < 0 || lineEnd + 1 >= bytes.length) return -1;
  if (bytes[from] !== letter("M")) return lineEnd + 2;
  let size = 0;
  let unit = 1;
  for (let at = lineEnd - 1; bytes[at] !== space; at--) {
    size += (bytes[at]! - 48) * unit;
    unit *= 10;
  }
  const end = lineEnd + 2 + size + 2;
  return end <= bytes.length ? end : -1;
}
