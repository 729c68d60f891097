// Prosody with its archives on PostgreSQL, from Debian; see bench/peers/prosody.

import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { xmpp, xmppHost, xmppPassword } from "#bench/driver/dialect-xmpp.ts";
import { ask, type PeerDatabase, peerPostgres, startDatabase } from "#bench/peers/database.ts";
import { debianVersion, filled, installPeers, shown } from "./files.ts";
import { running, startPeer } from "./peer-process.ts";
import { freePort, type Target } from "./target.ts";
import { xmppPlaces, xmppUse, xmppUsers } from "./xmpp-places.ts";

const configurationFile = "bench/peers/prosody/prosody.cfg.lua";
const program = "/usr/bin/prosody";

export const prosodyTarget: Target = {
  ...xmppPlaces,
  name: "prosody",
  title: "Prosody",
  role: "peer",
  promise: "acknowledged after the commit to its archive",
  version: () => debianVersion("prosody"),
  configuration: () => [...shown(configurationFile), { title: "PostgreSQL", text: peerPostgres }, xmppUse],
  missing: () => (existsSync(program) ? null : `Prosody is not here: ${installPeers}`),
  // It does one thing at a time: more than these only wait in its sockets.
  inFlight: { rooms: 4, largeRoom: 8 },
  dialect: () => xmpp(),
  async start({ cores, folder }) {
    mkdirSync(join(folder, "data"), { recursive: true });
    const [port, databasePort] = [await freePort(), await freePort()];
    const database = await startDatabase(join(folder, "postgres"), cores, databasePort);
    const [known] = await ask(database, "select 1 from pg_database where datname = 'prosody'");
    if (!known) await ask(database, "create database prosody");
    const { socketFolder } = database;
    const configuration = join(folder, "prosody.cfg.lua");
    writeFileSync(configuration, filled(configurationFile, { port, databasePort, socketFolder, folder }));
    if (!known) {
      register(configuration);
      await ask(database, accounts, "prosody");
    }
    const child = await startPeer({
      command: [program, "--config", configuration, "-F"],
      cores,
      log: join(folder, "prosody.log"),
      port,
      cwd: folder,
    });
    await ask(database, "truncate prosodyarchive", "prosody");
    return running(port, child, database, { archived: () => archivedIn(database) });
  },
};

/** It makes its tables at its first account. */
function register(configuration: string): void {
  const command = ["prosodyctl", "--config", configuration, "register", "first", xmppHost, xmppPassword];
  const { exitCode, stdout, stderr } = Bun.spawnSync(command, { stdout: "pipe", stderr: "pipe" });
  if (exitCode !== 0) throw new Error(`prosodyctl: ${stdout}${stderr}`);
}

const accounts = `insert into prosody (host, "user", store, key, type, value)
  select '${xmppHost}', 'u' || n, 'accounts', 'password', 'string', '${xmppPassword}' from generate_series(0, ${xmppUsers - 1}) n`;

/** A message to a person is in two archives: the sender's and the reader's. */
async function archivedIn(database: PeerDatabase): Promise<number> {
  const marked = "select count(distinct substring(value from '#op:[0-9]+')) messages from prosodyarchive";
  const [row] = await ask(database, marked, "prosody");
  return Number(row!.messages);
}
