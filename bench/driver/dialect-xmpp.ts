// XMPP over its own TCP stream: the path of native clients, and the cheapest for the servers. A message to a person is
// acknowledged by stream management (XEP-0198), one to a room by the room's own copy of it; both come after the
// server has given it to its archive. Logins are SASL PLAIN, one step after the other, as clients do.

import { assert } from "#base/assert.ts";
import {
  type Dialect,
  type Ear,
  mark,
  opDigits,
  patchDigits,
  readDigits,
  type Seat,
  textOf,
} from "./dialect.ts";
import type { Link } from "./web-socket.ts";

export const xmppHost = "localhost";
export const xmppRooms = "rooms.localhost";
export const xmppPassword = "p";

/** One client: how far its login is, and what it has under way. */
interface Client {
  readonly user: string;
  readonly rooms: readonly string[];
  isKnown: boolean;
  joined: number;
  /** Its messages that stream management has not acknowledged yet. */
  readonly unacked: number[];
  ackedStanzas: number;
  received: number;
  message: { readonly place: string; readonly bytes: Buffer; readonly digits: readonly number[] } | null;
}

const ringSize = 1 << 17;
const markBytes = Buffer.from(mark);
const enable = "<enable xmlns='urn:xmpp:sm:3'/>";
const streamHeader = Buffer.from(
  `<?xml version='1.0'?><stream:stream to='${xmppHost}' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`,
);
const bind = Buffer.from(
  "<iq type='set' id='bind'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><resource>b</resource></bind></iq>",
);
const letter = (text: string) => text.charCodeAt(0);

export function xmpp(): Dialect {
  const clients = new Map<Link, Client>();
  /** Who sent an op: a room gives everyone the same, its sender too. */
  const senders: (Link | null)[] = new Array(ringSize).fill(null);

  return {
    subprotocol: null,
    framing: stanzaEnd,
    path: () => "/",
    opened(link, seat) {
      clients.set(link, newClient(seat));
      link.write(streamHeader);
    },
    heartbeat: (link) => link.write(Buffer.from(" ")),
    send(link, place, op) {
      const client = clients.get(link)!;
      if (client.message?.place !== place) client.message = templateOf(client, place);
      const { bytes, digits } = client.message;
      for (const at of digits) patchDigits(bytes, at, op);
      senders[op % ringSize] = link;
      if (client.rooms.length === 0) client.unacked.push(op);
      link.write(bytes);
    },
    received(link, bytes, from, to, ear) {
      const client = clients.get(link)!;
      switch (bytes[from + 1]) {
        case letter("m"):
          client.received++;
          message(link, client, bytes, from, to, ear);
          break;
        case letter("a"):
          acknowledged(link, client, bytes, from, to, ear);
          break;
        case letter("r"):
          link.write(Buffer.from(`<a xmlns='urn:xmpp:sm:3' h='${client.received}'/>`));
          break;
        default:
          if (to - from > 1) other(link, client, bytes.toString("utf8", from, to), ear);
      }
    },
  };

  function message(link: Link, client: Client, bytes: Buffer, from: number, to: number, ear: Ear): void {
    const at = bytes.indexOf(markBytes, from);
    if (at < 0 || at > to) return;
    const op = readDigits(bytes, at + mark.length);
    if (senders[op % ringSize] !== link) {
      ear.delivered(link, 1);
      if (link.sampled) ear.saw(link, op);
    } else if (/type=.error/.test(bytes.toString("latin1", from, at)))
      ear.refused(
        link,
        op,
        /<(\w[\w-]+) xmlns=.urn:ietf:params:xml:ns:xmpp-stanzas/.exec(
          bytes.toString("latin1", from, to),
        )?.[1] ?? "error",
      );
    else if (client.rooms.length > 0) ear.acked(link, op);
  }
}

function newClient({ token, places }: Seat): Client {
  const rooms = places.filter((place) => !place.includes(":"));
  const state = { isKnown: false, joined: 0, ackedStanzas: 0, received: 0, message: null };
  return { user: token, rooms, unacked: [], ...state };
}

/** All that is acknowledged leaves in the order in which it was sent. */
function acknowledged(link: Link, client: Client, bytes: Buffer, from: number, to: number, ear: Ear): void {
  const stanzas = Number(/ h=['"](\d+)/.exec(bytes.toString("latin1", from, to))?.[1]);
  for (; client.ackedStanzas < stanzas; client.ackedStanzas++) {
    const op = client.unacked.shift();
    if (op !== undefined) ear.acked(link, op);
  }
}

function other(link: Link, client: Client, text: string, ear: Ear): void {
  if (text.startsWith("<stream:features")) {
    const credentials = Buffer.from(`\0${client.user}\0${xmppPassword}`).toString("base64");
    const auth = `<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${credentials}</auth>`;
    link.write(client.isKnown ? bind : Buffer.from(auth));
  } else if (text.startsWith("<success")) {
    client.isKnown = true;
    link.write(streamHeader);
  } else if (text.startsWith("<iq")) enter(link, client, text);
  else if (text.startsWith("<enabled")) {
    client.received = 0;
    ear.live(link);
  } else if (text.startsWith("<presence")) {
    client.received++;
    if (/type=.error/.test(text)) ear.refused(link, null, text.slice(0, 300));
    else if (/code=.110/.test(text) && ++client.joined === client.rooms.length) ear.live(link);
  } else if (text.startsWith("<failure") || text.startsWith("<stream:error"))
    ear.refused(link, null, text.slice(0, 200));
}

/** The session stands: present, and in its rooms without their history. Without rooms: acknowledged by stream management. */
function enter(link: Link, client: Client, text: string): void {
  if (!/id=['"]bind/.test(text)) {
    client.received++;
    return;
  }
  assert(/type=['"]result/.test(text), `the session could not be bound: ${text}`);
  const join = (room: string) =>
    `<presence to='${room}@${xmppRooms}/${client.user}'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='0'/></x></presence>`;
  const last = client.rooms.length > 0 ? client.rooms.map(join).join("") : enable;
  link.write(Buffer.from(`<presence/>${last}`));
}

/** A place with a colon is a pair of users; any other is a room. */
function templateOf(client: Client, place: string): NonNullable<Client["message"]> {
  const [one, two] = place.split(":");
  const [to, type, after] =
    two === undefined
      ? [`${place}@${xmppRooms}`, "groupchat", ""]
      : [`${one === client.user ? two : one}@${xmppHost}`, "chat", "<r xmlns='urn:xmpp:sm:3'/>"];
  const id = "0".repeat(opDigits);
  const bytes = Buffer.from(
    `<message to='${to}' type='${type}' id='${id}'><body>${textOf(0)}</body></message>${after}`,
  );
  return { place, bytes, digits: [bytes.indexOf(`'${id}'`) + 1, bytes.indexOf(markBytes) + mark.length] };
}

const closings = new Map<string, Buffer>();

/** Where the first stanza ends. A space, the stream's header and its end count as one each. */
export function stanzaEnd(bytes: Buffer, from: number): number {
  if (bytes[from] !== letter("<")) return from + 1;
  const tagEnd = bytes.indexOf(62, from);
  if (tagEnd < 0) return -1;
  const second = bytes[from + 1]!;
  const isMessage = second === letter("m");
  const tag = isMessage ? "message" : /^<([^\s/>]+)/.exec(bytes.toString("latin1", from, tagEnd + 1))?.[1];
  if (bytes[tagEnd - 1] === letter("/") || second === letter("?") || second === letter("/"))
    return tagEnd + 1;
  if (tag === undefined || tag === "stream:stream") return tagEnd + 1;
  let closing = closings.get(tag);
  if (!closing) {
    closing = Buffer.from(`</${tag}>`);
    closings.set(tag, closing);
  }
  const at = bytes.indexOf(closing, tagEnd);
  return at < 0 ? -1 : at + closing.length;
}
