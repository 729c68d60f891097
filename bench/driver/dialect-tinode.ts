// Tinode's JSON over WebSocket: hi, login by token, one sub for each conversation. {pub} is acknowledged with 202 when
// the message is stored; the sender asks for no echo.

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
import { clientFrame, type Link, opcode } from "./web-socket.ts";

const markBytes = Buffer.from(mark);
const accepted = 202;
const locked = 503;
const retryMs = 100;
const text = (value: unknown) => clientFrame(opcode.text, Buffer.from(JSON.stringify(value)));

interface Client {
  readonly user: string;
  readonly places: readonly string[];
  joined: number;
  publish: { readonly place: string; readonly bytes: Buffer; readonly digits: readonly number[] } | null;
}

export function tinode(apiKey: string): Dialect {
  const clients = new Map<Link, Client>();
  return {
    subprotocol: null,
    path: () => `/v0/channels?apikey=${apiKey}`,
    opened(link, seat) {
      clients.set(link, newClient(seat));
      link.write(text({ hi: { id: "hi", ver: "0.22", ua: "bench" } }));
      link.write(text({ login: { id: "login", scheme: "token", secret: seat.token } }));
    },
    // The server asks.
    heartbeat: () => {},
    send(link, place, op) {
      const client = clients.get(link)!;
      if (client.publish?.place !== place) client.publish = templateOf(client, place);
      const { bytes, digits } = client.publish;
      for (const at of digits) patchDigits(bytes, at, op);
      link.write(bytes);
    },
    received(link, bytes, from, to, ear) {
      // {"data": and {"ctrl": ; {"pres": and {"info": are not for us.
      if (bytes[from + 2] === 100) {
        const at = bytes.indexOf(markBytes, from);
        if (at < 0 || at > to) return;
        ear.delivered(link, 1);
        if (link.sampled) ear.saw(link, readDigits(bytes, at + mark.length));
      } else if (bytes[from + 2] === 99)
        controlled(link, clients.get(link)!, bytes.toString("utf8", from, to), ear);
    },
  };
}

function newClient({ token, places }: Seat): Client {
  const user = `usr${Buffer.from(token, "base64").subarray(0, 8).toString("base64url")}`;
  return { user, places, joined: 0, publish: null };
}

interface Control {
  readonly ctrl: {
    readonly id?: string;
    readonly code: number;
    readonly text?: string;
    readonly topic?: string;
  };
}

function controlled(link: Link, client: Client, said: string, ear: Ear): void {
  const { id, code, text: words, topic } = (JSON.parse(said) as Control).ctrl;
  if (code === locked && id === "sub") {
    // The other one of the pair is making the conversation at this moment.
    setTimeout(() => link.write(text({ sub: { id, topic } })), retryMs);
  } else if (code >= 400 || id === undefined) {
    const isOp = id !== undefined && /^\d+$/.test(id);
    ear.refused(link, isOp ? Number(id) : null, `${code} ${words}`);
  } else if (id === "login") {
    // Who is in no conversation at the moment is told of all of them by "me".
    const topics = client.places.length > 0 ? client.places.map((place) => topicOf(client, place)) : ["me"];
    for (const topic of topics) link.write(text({ sub: { id: "sub", topic } }));
  } else if (id === "sub") {
    if (++client.joined === Math.max(1, client.places.length)) ear.live(link);
  } else if (code === accepted) ear.acked(link, Number(id));
}

/** A place with a colon is a pair of users, each of whom calls it by the other's name; any other is a group. */
function topicOf(client: Client, place: string): string {
  const [one, two] = place.split(":");
  return two === undefined ? place : one === client.user ? two : one!;
}

function templateOf(client: Client, place: string): NonNullable<Client["publish"]> {
  const id = "0".repeat(opDigits);
  const bytes = text({ pub: { id, topic: topicOf(client, place), noecho: true, content: textOf(0) } });
  return { place, bytes, digits: [bytes.indexOf(`"${id}"`) + 1, bytes.indexOf(markBytes) + mark.length] };
}
