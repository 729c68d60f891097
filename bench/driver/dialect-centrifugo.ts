// Centrifugo's JSON protocol over WebSocket, its default: commands and replies are lines of JSON, several in a frame.
// The publisher hears its own message too, which is no delivery.

import { type Dialect, type Ear, mark, opDigits, patchDigits, readDigits, textOf } from "./dialect.ts";
import { clientFrame, type Link, opcode } from "./web-socket.ts";

const ringSize = 1 << 17;
const connectId = 1;
/** Ids below are those of logging in. */
const firstOpId = 1_000_000_000;
const markBytes = Buffer.from(mark);
const lineEnd = 10;
const text = (value: string) => clientFrame(opcode.text, Buffer.from(value));
const pong = text("{}");

export function centrifugo(): Dialect {
  const senders: (Link | null)[] = new Array(ringSize).fill(null);
  const waitsFor = new Map<Link, { places: readonly string[]; left: number }>();
  const templates = new Map<string, { bytes: Buffer; digits: readonly number[] }>();

  return {
    subprotocol: null,
    path: () => "/connection/websocket",
    opened(link, { places }) {
      waitsFor.set(link, { places, left: places.length });
      link.write(text(JSON.stringify({ id: connectId, connect: {} })));
    },
    // The server asks.
    heartbeat: () => {},
    send(link, place, op) {
      let template = templates.get(place);
      if (!template) {
        template = templateOf(place);
        templates.set(place, template);
      }
      for (const at of template.digits)
        patchDigits(template.bytes, at, op + (at === template.digits[0] ? firstOpId : 0));
      senders[op % ringSize] = link;
      link.write(template.bytes);
    },
    received(link, bytes, from, to, ear) {
      for (let at = from; at < to; ) {
        const next = bytes.indexOf(lineEnd, at);
        const end = next < 0 || next > to ? to : next;
        if (end > at) line(link, bytes, at, end, ear);
        at = end + 1;
      }
    },
  };

  function line(link: Link, bytes: Buffer, from: number, to: number, ear: Ear): void {
    if (to - from === 2) {
      link.write(pong);
      return;
    }
    // A push begins with {"push", a reply with {"id".
    if (bytes[from + 2] === 112) {
      const at = bytes.indexOf(markBytes, from);
      if (at < 0 || at > to) return;
      const op = readDigits(bytes, at + mark.length);
      if (senders[op % ringSize] === link) return;
      ear.delivered(link, 1);
      if (link.sampled) ear.saw(link, op);
      return;
    }
    const said = bytes.toString("utf8", from, to);
    const id = Number(/^{"id":(\d+)/.exec(said)?.[1]);
    if (said.includes('"error":')) ear.refused(link, id > firstOpId ? id - firstOpId : null, said);
    else if (id > firstOpId) ear.acked(link, id - firstOpId);
    else loggingIn(link, id, ear);
  }

  function loggingIn(link: Link, id: number, ear: Ear): void {
    const state = waitsFor.get(link)!;
    if (id === connectId && state.left > 0) {
      const subscribe = (place: string, i: number) =>
        JSON.stringify({ id: i + 2, subscribe: { channel: place } });
      link.write(text(state.places.map(subscribe).join("\n")));
    } else if (id === connectId || --state.left === 0) {
      waitsFor.delete(link);
      ear.live(link);
    }
  }
}

function templateOf(place: string) {
  const id = String(firstOpId).padStart(opDigits, "0");
  const bytes = text(`{"id":${id},"publish":{"channel":"${place}","data":{"text":"${textOf(0)}"}}}`);
  return { bytes, digits: [bytes.indexOf(`:${id},`) + 1, bytes.indexOf(markBytes) + mark.length] };
}
