// What an application adds to Centrifugo so that messages last: its publish proxy asks this, which stores the message and
// lets it pass. One INSERT a message over a pool of connections, as in bench/peers/socketio-postgres.
// Started as `backend.ts PORT SOCKET_PATH`.

import { SQL } from "bun";

const [port, path] = process.argv.slice(2);
const sql = new SQL({
  adapter: "postgres",
  path,
  username: "postgres",
  database: "postgres",
  max: 20,
} as never);
await sql`create table if not exists messages (id bigserial primary key, room text not null, sender text not null,
  text text not null, created_at timestamptz not null default now())`;
await sql`create index if not exists messages_of_a_room on messages (room, id)`;

interface Publish {
  readonly client: string;
  readonly channel: string;
  readonly data: { readonly text: string };
}

Bun.serve({
  hostname: "127.0.0.1",
  port: Number(port),
  routes: {
    "/publish": async (request) => {
      const { client, channel, data } = (await request.json()) as Publish;
      await sql`insert into messages (room, sender, text) values (${channel}, ${client}, ${data.text}) returning id`;
      return Response.json({ result: {} });
    },
  },
});
