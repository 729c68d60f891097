// The usual way to build a chat: socket.io on Node, one INSERT per message, then the room and the ack.
// Started as `node server.mjs PORT SOCKET_FOLDER`.

import { createServer } from "node:http";
import pg from "pg";
import { Server } from "socket.io";

const [port, socketFolder] = process.argv.slice(2);
const pool = new pg.Pool({ host: socketFolder, user: "postgres", database: "postgres", max: 20 });
await pool.query(
  "create table if not exists messages (id bigserial primary key, room text not null, sender text not null, " +
    "text text not null, created_at timestamptz not null default now())",
);
await pool.query("create index if not exists messages_of_a_room on messages (room, id)");

const http = createServer((_, answer) => answer.end("ready"));
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false });

io.on("connection", (socket) => {
  for (const place of socket.handshake.auth.places) socket.join(place);
  socket.on("send", async ({ room, text }, ack) => {
    const { rows } = await pool.query(
      "insert into messages (room, sender, text) values ($1, $2, $3) returning id, created_at",
      [room, socket.id, text],
    );
    const { id, created_at: createdAt } = rows[0];
    socket.to(room).emit("message", { id, room, sender: socket.id, text, createdAt });
    ack({ id, createdAt });
  });
});

http.listen(Number(port), "0.0.0.0");
