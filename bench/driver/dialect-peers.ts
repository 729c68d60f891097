// The peers' wires: socket.io (Engine.IO 4 over WebSocket, text frames) and the bare publish server.

import { type Dialect, mark, patchDigits, scanMarks, textOf } from "./dialect.ts";
import { clientFrame, opcode, payloadAt } from "./web-socket.ts";

const digit0 = 48;

/** Engine.IO packets: 0 open, 2 ping, 3 pong, 4 message; within 4, socket.io's: 0 connect, 2 event, 3 ack. */
export function socketIo(): Dialect {
  const pong = clientFrame(opcode.text, Buffer.from("3"));
  const text = (value: string) => clientFrame(opcode.text, Buffer.from(value));
  return {
    subprotocol: null,
    path: () => "/socket.io/?EIO=4&transport=websocket",
    opened: (link, seat) => link.write(text(`40${JSON.stringify({ places: seat.places })}`)),
    heartbeat: () => {},
    send: (link, place, op) =>
      link.write(text(`42${op}["send",${JSON.stringify({ room: place, text: textOf(op) })}]`)),
    received: (link, bytes, from, to, ear) => {
      const engine = bytes[from]! - digit0;
      if (engine === 2) link.write(pong);
      if (engine !== 4) return;
      const packet = bytes[from + 1]! - digit0;
      if (packet === 0) ear.live(link);
      else if (packet === 2) ear.delivered(link, scanMarks(link, bytes, from, to, link.sampled ? ear : null));
      else if (packet === 3)
        ear.acked(link, Number.parseInt(bytes.toString("latin1", from + 2, from + 14), 10));
    },
  };
}

/** A frame is a room's number and a text; the server publishes it as it is and answers the sender with the op. */
export function rawPublish(): Dialect {
  const payload = Buffer.from(`\0\0\0\0${textOf(0)}`, "latin1");
  const frame = clientFrame(opcode.binary, payload);
  const start = payloadAt(payload.length);
  return {
    subprotocol: null,
    path: (seat) => `/?places=${seat.places.join(",")}`,
    opened: () => {},
    heartbeat: () => {},
    send: (link, place, op) => {
      frame.writeUInt32BE(Number(place), start);
      patchDigits(frame, start + 4 + mark.length, op);
      link.write(frame);
    },
    received: (link, bytes, from, to, ear) => {
      if (to === from) ear.live(link);
      else if (to - from === 10) ear.acked(link, Number(bytes.toString("latin1", from, to)));
      else ear.delivered(link, link.sampled ? scanMarks(link, bytes, from, to, ear) : 1);
    },
  };
}
