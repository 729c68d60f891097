// The same message as others write it: an XMPP stanza as ejabberd delivers it from a group chat's archive-keeping room,
// and a Matrix event as a homeserver gives it in /sync. Ids have the length that they have there.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export const conversation = "0196d3a4-7f21-7c3e-9b1a-5d6e7f801234";

export function nameOf(n: number): string {
  return idOf("name", n, 8);
}

/** What one device does on a day at work: 153 messages received (Work Trend Index 2025), 20 sent, 8 hours on line. */
export const deviceDay = { hours: 8, received: 153, sent: 20 };

/** English prose, so that a compressor finds in it what it finds in people's messages, and no more. */
const prose = readFileSync(join(import.meta.dir, "../../protocol/SPEC.md"), "utf8").replace(
  /[^A-Za-z,.?]+/g,
  " ",
);

/** Another piece of the prose for each `n`, exactly so many bytes. */
export function textOfBytes(bytes: number, n: number): string {
  const from = (n * 151) % (prose.length - bytes);
  return prose.slice(from, from + bytes);
}

function idOf(what: string, n: number, bytes: number): string {
  return createHash("sha256").update(`${what} ${n}`).digest().subarray(0, bytes).toString("base64url");
}

function uuidOf(n: number): string {
  const hex = createHash("sha256").update(`uuid ${n}`).digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/**
 * RFC 6121 message of a room (XEP-0045), with the archive's id (XEP-0313, as XEP-0359 stanza-id), the sender's own id
 * (XEP-0359 origin-id) and the wish for a receipt (XEP-0184).
 */
export function xmppMessage(text: string, n: number): string {
  const id = uuidOf(n);
  return (
    `<message xml:lang='en' to='maria.lopez@chat.example.org/phone.${idOf("resource", 1, 6)}' ` +
    `from='harbour@rooms.example.org/Jonas' type='groupchat' id='${id}'>` +
    `<stanza-id by='harbour@rooms.example.org' id='${1_795_000_000_000_000 + n * 977_123}' xmlns='urn:xmpp:sid:0'/>` +
    `<origin-id id='${id}' xmlns='urn:xmpp:sid:0'/>` +
    `<request xmlns='urn:xmpp:receipts'/>` +
    `<body>${text}</body></message>`
  );
}

/** XEP-0198: asked for and given for what was delivered. */
export const xmppRequestAck = "<r xmlns='urn:xmpp:sm:3'/>";
/** XEP-0199, from the server to its client, and back. */
export const xmppPing =
  "<iq xml:lang='en' to='maria.lopez@chat.example.org/phone.k3J9aQ2b' from='chat.example.org' type='get' " +
  "id='11265091424120341345'><ping xmlns='urn:xmpp:ping'/></iq>";
export const xmppPong =
  "<iq to='chat.example.org' from='maria.lopez@chat.example.org/phone.k3J9aQ2b' type='result' id='11265091424120341345'/>";

/** Client-server API, m.room.message in a timeline: room version 4 and later have ids of 43 characters. */
export function matrixEvent(text: string, n: number): object {
  return {
    content: { body: text, "m.mentions": {}, msgtype: "m.text" },
    event_id: `$${idOf("event", n, 32)}`,
    origin_server_ts: 1_795_000_000_000 + n * 977,
    sender: "@jonas:chat.example.org",
    type: "m.room.message",
    unsigned: { age: 48 + (n % 50), membership: "join" },
  };
}

/** The answer of /sync around it, with what Synapse sends along for a room with one new message. */
export function matrixSync(event: object | null): string {
  const next = "s72595_4483_1934_17_22_5_1_33_0_1";
  if (!event)
    return JSON.stringify({
      next_batch: next,
      device_one_time_keys_count: { signed_curve25519: 50 },
      "org.matrix.msc2732.device_unused_fallback_key_types": ["signed_curve25519"],
      device_unused_fallback_key_types: ["signed_curve25519"],
    });
  return JSON.stringify({
    next_batch: next,
    device_one_time_keys_count: { signed_curve25519: 50 },
    "org.matrix.msc2732.device_unused_fallback_key_types": ["signed_curve25519"],
    device_unused_fallback_key_types: ["signed_curve25519"],
    rooms: {
      join: {
        [`!${idOf("room", 1, 13)}:chat.example.org`]: {
          timeline: { events: [event], prev_batch: "t72590-4483_1934_17_22_5_1_33_0_1", limited: false },
          state: { events: [] },
          account_data: { events: [] },
          ephemeral: { events: [] },
          unread_notifications: { notification_count: 1, highlight_count: 0 },
          summary: {},
        },
      },
    },
  });
}

/** HTTP/1.1 with the few headers that an app needs; HTTP/2 would repeat most of them in some 60 bytes. */
export const httpRequest =
  "GET /_matrix/client/v3/sync?filter=0&timeout=30000&since=s72595_4483_1934_17_22_5_1_33_0_1 HTTP/1.1\r\n" +
  "Host: chat.example.org\r\nAuthorization: Bearer syt_bWFyaWE_kQwErTyUiOpAsDfGhJkL_2sYz1A\r\n" +
  "Accept: application/json\r\nAccept-Encoding: gzip\r\nUser-Agent: Client/1.11 (Android 15)\r\n\r\n";

export function httpAnswer(bodyBytes: number): string {
  return (
    `HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Mon, 23 Nov 2026 22:11:00 GMT\r\nContent-Type: application/json\r\n` +
    `Content-Length: ${bodyBytes}\r\nConnection: keep-alive\r\nCache-Control: no-cache, no-store, must-revalidate\r\n` +
    `Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Methods: GET, HEAD, POST, PUT, DELETE, OPTIONS\r\n` +
    `Access-Control-Allow-Headers: X-Requested-With, Content-Type, Authorization, Date\r\n\r\n`
  );
}
