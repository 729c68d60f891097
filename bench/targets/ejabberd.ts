// ejabberd with its archive on PostgreSQL, from Debian; see bench/peers/ejabberd.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { xmpp, xmppPassword } from "#bench/driver/dialect-xmpp.ts";
import { ask, peerPostgres, startDatabase } from "#bench/peers/database.ts";
import { debianVersion, filled, installPeers, shown } from "./files.ts";
import { running, startPeer } from "./peer-process.ts";
import { freePort, type Target } from "./target.ts";
import { xmppPlaces, xmppUse, xmppUsers } from "./xmpp-places.ts";

const configurationFile = "bench/peers/ejabberd/ejabberd.yml";
const schema = "/usr/share/ejabberd/sql/pg.sql";
/** Debian keeps what belongs to no Erlang installation here; its own start script says the same. */
const libraries = "/usr/lib/x86_64-linux-gnu";
/** The flags of Debian's ejabberdctl. */
const erlangFlags = ["+K", "true", "+P", "250000", "-noinput"];

export const ejabberdTarget: Target = {
  ...xmppPlaces,
  name: "ejabberd",
  title: "ejabberd",
  role: "peer",
  promise: "acknowledged after the commit to its archive",
  version: () => debianVersion("ejabberd"),
  configuration: () => [
    ...shown(configurationFile),
    { title: "Erlang", text: `erl ${erlangFlags.join(" ")}, ERL_MAX_PORTS=65536` },
    { title: "PostgreSQL", text: peerPostgres },
    xmppUse,
  ],
  missing: () => (existsSync(schema) && Bun.which("erl") ? null : `ejabberd is not here: ${installPeers}`),
  inFlight: { rooms: 30, largeRoom: 20 },
  dialect: () => xmpp(),
  async start({ cores, folder }) {
    mkdirSync(join(folder, "mnesia"), { recursive: true });
    const [port, databasePort] = [await freePort(), await freePort()];
    const database = await startDatabase(join(folder, "postgres"), cores, databasePort);
    const [known] = await ask(database, "select 1 from pg_database where datname = 'ejabberd'");
    if (!known) {
      await ask(database, "create database ejabberd");
      await ask(database, readFileSync(schema, "utf8"), "ejabberd");
      await ask(
        database,
        `insert into users (username, password) select 'u' || n, '${xmppPassword}' from generate_series(0, ${xmppUsers - 1}) n`,
        "ejabberd",
      );
    }
    await ask(database, "truncate archive", "ejabberd");
    const configuration = join(folder, "ejabberd.yml");
    writeFileSync(configuration, filled(configurationFile, { port, databasePort }));
    const child = await startPeer({
      command: ["erl", ...erlangFlags, "-mnesia", "dir", `"${join(folder, "mnesia")}"`, "-s", "ejabberd"],
      cores,
      log: join(folder, "ejabberd.log"),
      port,
      cwd: folder,
      env: {
        ERL_LIBS: libraries,
        ERL_MAX_PORTS: "65536",
        ERL_CRASH_DUMP_BYTES: "0",
        EJABBERD_CONFIG_PATH: configuration,
        EJABBERD_LOG_PATH: join(folder, "ejabberd-own.log"),
        HOME: folder,
      },
    });
    return running(port, child, database, {
      // A message to a person is in two archives: the sender's and the reader's.
      archived: async () => {
        const marked = "select count(distinct substring(txt from '#op:[0-9]+')) messages from archive";
        const [row] = await ask(database, marked, "ejabberd");
        return Number(row!.messages);
      },
    });
  },
};
