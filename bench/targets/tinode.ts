// Tinode from the Go module registry, on PostgreSQL; see bench/peers/tinode.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tinode } from "#bench/driver/dialect-tinode.ts";
import { fullSizes } from "#bench/journey.ts";
import { ask, type PeerDatabase, peerPostgres, startDatabase } from "#bench/peers/database.ts";
import { builtPeer, builtVersion, filled, installPeers, shown } from "./files.ts";
import { running, startPeer } from "./peer-process.ts";
import { freePort, type Target } from "./target.ts";
import { tinodeApiKey, tinodeKeys, tinodeToken, tinodeUser } from "./tinode-people.ts";

const program = builtPeer("tinode-server");
const makeDatabase = builtPeer("tinode-db");
const configurationFile = "bench/peers/tinode/tinode.conf";
const people = 31_000;
const firstOfCrowd = 1_000;
const { rooms, roomMembers, largeRoomMembers } = fullSizes;

/** Row ids begin with 1. */
const rowOf = (user: number) => user + 1;

export const tinodeTarget: Target = {
  name: "tinode",
  title: "Tinode",
  role: "peer",
  promise: "acknowledged after the commit",
  version: () => builtVersion("tinode-server"),
  configuration: () => [
    ...shown(configurationFile),
    { title: "PostgreSQL", text: peerPostgres },
    {
      title: "how it is used",
      text:
        "JSON over WebSocket, login by token. Members of rooms have no presence (mode JRW), in its favour. No receipts. " +
        "The idle sessions are attached to `me`, and members of no conversation. It logs each frame that it gets, which " +
        "this version has no option against; the log is a file.",
    },
  ],
  missing: () =>
    existsSync(program) && existsSync(makeDatabase) ? null : `Tinode is not here: ${installPeers}`,
  // More than 128 waiting for a session, and it loses them: a limit that stands in its source.
  inFlight: { rooms: 10, largeRoom: 20 },
  dialect: () => tinode(tinodeApiKey()),
  place: (kind, n) => {
    if (kind === "pair") return `${tinodeUser(rowOf(2 * n))}:${tinodeUser(rowOf(2 * n + 1))}`;
    return groupName(kind, n);
  },
  seat: (user, places) => ({ token: tinodeToken(rowOf(user)), places }),
  crowd: (count) =>
    Array.from({ length: count }, (_, n) => ({ token: tinodeToken(rowOf(firstOfCrowd + n)), places: [] })),
  async start({ cores, folder }) {
    mkdirSync(folder, { recursive: true });
    const [port, databasePort] = [await freePort(), await freePort()];
    const database = await startDatabase(join(folder, "postgres"), cores, databasePort);
    const keys = {
      userKey: tinodeKeys.user.toString("base64"),
      tokenKey: tinodeKeys.token.toString("base64"),
      apiKeySalt: tinodeKeys.api.toString("base64"),
    };
    const configuration = join(folder, "tinode.conf");
    writeFileSync(configuration, filled(configurationFile, { port, databasePort, ...keys }));
    const [known] = await ask(database, "select 1 from pg_database where datname = 'tinode'");
    if (!known) await seed(database, configuration, folder);
    const child = await startPeer({
      command: [program, "--config", configuration, "--static_data", "-"],
      cores,
      log: join(folder, "tinode.log"),
      port,
      cwd: folder,
    });
    return running(port, child, database, { archived: () => messagesIn(database) });
  },
};

function groupName(kind: "room" | "largeRoom", n: number): string {
  return `grp${kind}${n}`;
}

async function seed(database: PeerDatabase, configuration: string, folder: string): Promise<void> {
  const made = Bun.spawnSync([makeDatabase, "--config", configuration, "--data", ""], { cwd: folder });
  if (made.exitCode !== 0) throw new Error(`tinode-db: ${made.stdout}${made.stderr}`);
  const access = `'{"Auth": "JRWPA", "Anon": "N"}'`;
  const statements = [
    `insert into users (id, createdat, updatedat, access, public, tags)
      select n, now(), now(), ${access}, '{"fn": "bench"}', '[]' from generate_series(1, ${people}) n`,
  ];
  const add = (name: string, from: number, count: number) =>
    statements.push(
      `insert into topics (createdat, updatedat, touchedat, name, owner, access, public, tags)
        values (now(), now(), now(), '${name}', ${rowOf(from)}, '{"Auth": "JRW", "Anon": "N"}', '{"fn": "bench"}', '[]')`,
      `insert into subscriptions (createdat, updatedat, userid, topic, modewant, modegiven)
        select now(), now(), n, '${name}', mode, mode from (select n,
          case n when ${rowOf(from)} then 'JRWASDO' else 'JRW' end mode
          from generate_series(${rowOf(from)}, ${rowOf(from) + count - 1}) n) members`,
    );
  for (let room = 0; room < rooms; room++) add(groupName("room", room), room * roomMembers, roomMembers);
  add(groupName("largeRoom", 0), 0, largeRoomMembers);
  for (const statement of statements) await ask(database, statement, "tinode");
}

async function messagesIn(database: PeerDatabase): Promise<number> {
  const [row] = await ask(database, "select count(*) messages from messages", "tinode");
  return Number(row!.messages);
}
