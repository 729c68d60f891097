// Who is who for the XMPP servers: users u0, u1 ...; a pair is named by its two users, a room by itself.

import type { ConfigurationText, Target } from "./target.ts";

const firstOfCrowd = 1_000;
/** As many accounts as the idle journey may ask for. */
export const xmppUsers = 31_000;

export const xmppPlaces: Pick<Target, "place" | "seat" | "crowd"> = {
  place: (kind, n) => {
    if (kind === "pair") return `u${2 * n}:u${2 * n + 1}`;
    return kind === "room" ? `room-${n}` : `large-${n}`;
  },
  seat: (user, places) => ({ token: `u${user}`, places }),
  // A conversation between two people needs nothing of an XMPP session; rooms would have to be joined one by one.
  crowd: (count) => Array.from({ length: count }, (_, n) => ({ token: `u${firstOfCrowd + n}`, places: [] })),
};

export const xmppUse: ConfigurationText = {
  title: "how it is used",
  text:
    "TCP without TLS, SASL PLAIN. 1:1: stream management on, an acknowledgement asked for each message; rooms: the " +
    "room's own copy acknowledges. Rooms are joined without history, and tell nobody who comes. The idle sessions are " +
    "members of no room: their conversations are 1:1, for which XMPP keeps nothing in a session.",
};
