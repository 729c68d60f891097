// The floor: Bun's WebSocket server with native topics and nothing else. No accounts, no numbers, no database.
// A frame is a room's number (4 bytes) and a text; the text goes to the room as it is, its number to the sender.

const port = Number(process.argv[2]);
const ready = new Uint8Array(0);

Bun.serve<{ places: string[] }>({
  hostname: "0.0.0.0",
  port,
  fetch(request, server) {
    const places = new URL(request.url).searchParams.get("places");
    if (places === null) return new Response("ready");
    if (server.upgrade(request, { data: { places: places.split(",") } })) return undefined;
    return new Response("a WebSocket is expected", { status: 400 });
  },
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 120,
    open(socket) {
      for (const place of socket.data.places) socket.subscribe(place);
      socket.send(ready);
    },
    message(socket, message) {
      const bytes = message as Buffer;
      const opNumber = bytes.subarray(8, 18);
      socket.publish(String(bytes.readUInt32BE(0)), bytes.subarray(4));
      socket.send(opNumber);
    },
  },
});
