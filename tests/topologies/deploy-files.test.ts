// What operators are given to run Banyan on real hosts: the Compose file as Compose's own loader reads it, the systemd
// units as systemd reads them, each part's configuration as that part reads it, and every option as Banyan knows it.
// No container engine runs here: that the containers work together is not proven by this.

import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { optionNames, variableOf } from "#app/config/options.ts";
import { loadConfig } from "#app/config.ts";
import { binaryOf } from "#ops/cluster/binaries.ts";
import { openClusterFolder } from "#ops/cluster/parts/folder.ts";
import { patroniConfiguration } from "#ops/cluster/parts/patroni-config.ts";
import { checkConfig } from "#tests/parts/haproxy.ts";
import { runBanyan } from "#tests/serve-process.ts";

setDefaultTimeout(120_000); // the loader is built once, from its sources

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly restart?: string;
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
  readonly deploy?: { readonly resources?: { readonly limits?: Readonly<Record<string, unknown>> } };
  readonly secrets?: readonly { readonly source: string }[];
}

interface Project {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly configs: Readonly<Record<string, { readonly file: string }>>;
}

const deploy = join(import.meta.dir, "../../deploy");
let folder: string;
let compose: string;
let project: Project;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "banyan-deploy-"));
  compose = join(folder, "compose");
  cpSync(join(deploy, "compose"), compose, { recursive: true });
  await run([join(compose, "make-secrets.sh")]);
  writeFileSync(join(compose, "secrets/certificate.pem"), "");
  project = JSON.parse((await run([join(compose, "check.sh")])).out) as Project;
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Fails when the program does; answers what it wrote. */
async function run(
  command: string[],
  env: Record<string, string> = {},
): Promise<{ out: string; err: string }> {
  const child = Bun.spawn(command, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
  ]);
  if ((await child.exited) !== 0) throw new Error(`${command.join(" ")}:\n${out}${err}`);
  return { out, err };
}

test("Compose reads compose.yaml; every part is there, checked, limited, restarted and ended in peace", () => {
  const names = Object.keys(project.services);
  for (const wanted of [
    "balancer",
    "gateway-1",
    "gateway-2",
    "api",
    "messaging-1",
    "messaging-2",
    "presence",
    "worker",
  ])
    expect(names).toContain(wanted);
  for (const three of ["etcd", "postgres", "nats"])
    expect(names.filter((name) => /-\d$/.test(name) && name.startsWith(three))).toHaveLength(3);
  for (const [name, service] of Object.entries(project.services)) {
    const isDone = name === "create-database";
    expect({ name, restart: service.restart }).toEqual({
      name,
      restart: isDone ? "on-failure" : "unless-stopped",
    });
    expect({ name, readOnly: service.read_only }).toEqual({ name, readOnly: true });
    expect(Object.keys(service.deploy?.resources?.limits ?? {}).sort()).toEqual(["cpus", "memory", "pids"]);
    if (!isDone)
      expect({ name, checked: (service.healthcheck?.test ?? []).length > 0 }).toEqual({
        name,
        checked: true,
      });
    if (!isDone) expect({ name, grace: service.stop_grace_period }).not.toEqual({ name, grace: undefined });
  }
});

test("every file that it names is there, and no secret stands in the environment", () => {
  const files = [...Object.values(project.configs), ...Object.values(project.secrets)].map(
    ({ file }) => file,
  );
  for (const file of files)
    expect({ file, text: typeof readFileSync(file, "utf8") }).toEqual({ file, text: "string" });
  const secrets = readdirSync(join(compose, "secrets"))
    .map((name) => readFileSync(join(compose, "secrets", name), "utf8"))
    .filter((text) => /^[0-9a-f]{32}$/.test(text));
  expect(secrets).toHaveLength(8);
  expect(new Set(secrets).size).toBe(8);
  const shown = JSON.stringify(project);
  for (const secret of secrets) expect(shown).not.toContain(secret);
});

test("Banyan understands what Compose and systemd tell it", () => {
  const dataDir = join(folder, "data");
  cpSync(join(compose, "secrets/banyan.config.json"), join(dataDir, "banyan.config.json"));
  const roles = new Set<string>();
  for (const [name, service] of Object.entries(project.services)) {
    if (service.command?.[0] !== "serve") continue;
    expect(service.command.slice(0, 2)).toEqual(["serve", "--roles"]);
    const environment = { ...service.environment, BANYAN_ROLES: service.command[2]! };
    const config = configured(dataDir, environment);
    expect({ name, warnings: config.warnings }).toEqual({ name, warnings: [] });
    for (const role of rolesOf(config)) roles.add(role);
  }
  expect([...roles].sort()).toEqual(["api", "gateway", "messaging", "presence", "worker"]);
  const unit = readFileSync(join(deploy, "systemd/banyan@.service"), "utf8");
  const given = `${unit.replaceAll("Environment=", "").replaceAll(" ", "\n")}\n${readFileSync(join(deploy, "systemd/gateway-1.env.example"), "utf8")}`;
  const environment = Object.fromEntries(
    [...given.matchAll(/^(BANYAN_\w+)=(\S+)$/gm)].map(([, name, value]) => [name!, value!]),
  );
  expect(Object.keys(environment).length).toBeGreaterThan(8);
  for (const name of Object.keys(environment)) expect(optionNames.map(variableOf)).toContain(name);
  expect(rolesOf(configured(dataDir, environment))).toEqual(["gateway"]);
});

function configured(dataDir: string, environment: Readonly<Record<string, string>>) {
  const own = { ...environment, BANYAN_DATA_DIR: dataDir };
  return loadConfig({ flags: {}, environment: own, nowMs: Date.now() });
}

function rolesOf(config: object): readonly string[] {
  return (config as { readonly roles?: readonly string[] }).roles ?? [];
}

test("the balancers' configurations are those that their first lines make, and HAProxy takes them", async () => {
  const files = [
    "compose/configuration/haproxy.cfg",
    "compose/configuration/haproxy-postgres.cfg",
    "haproxy/haproxy.cfg",
  ];
  for (const file of files) {
    const text = readFileSync(join(deploy, file), "utf8");
    const command = /^# \.\/banyan (.+)$/m.exec(text)![1]!;
    const { out, code } = await runBanyan(command.split(" "));
    expect({ file, code, text: out }).toEqual({ file, code: 0, text });
    const here = text.replace(/ssl crt \S+/, "").replace(/\[::\]|0\.0\.0\.0|10\.0\.0\.5/g, "127.0.0.1");
    expect(await checkConfig(here.replace(/stats socket \S+/, "stats socket /tmp/unused"))).toMatchObject({
      ok: true,
    });
  }
});

test("NATS and Patroni take their configurations", async () => {
  const configuration = join(compose, "configuration");
  cpSync(join(compose, "secrets/nats-auth.conf"), join(configuration, "auth.conf"));
  await run([binaryOf("nats-server"), "-t", "-c", join(configuration, "nats.conf")]);
  const problems = await patroniProblems(join(configuration, "patroni.yaml"));
  // Names of other containers mean nothing here, and two floors of Patroni's own are lowered by how it is started;
  // every other line would be a fault of the file.
  expect(project.services["postgres-1"]!.command!.join(" ")).toContain("patroni-quick.py");
  expect(problems.filter((line) => !line.includes("Name or service not known"))).toEqual([
    expect.stringContaining("bootstrap.dcs.ttl 5 "),
    expect.stringContaining("bootstrap.dcs.retry_timeout 2 "),
  ]);
  expect(await dcsSettings(join(configuration, "patroni.yaml"))).toEqual(dcsOfOneMachine());
});

/** What all members share, as the file says it. */
async function dcsSettings(file: string): Promise<unknown> {
  const { bootstrap } = Bun.YAML.parse(readFileSync(file, "utf8")) as { bootstrap: { dcs: object } };
  return timesOf(bootstrap.dcs);
}

/** The same of a cluster on one machine, with which the failovers were measured. */
function dcsOfOneMachine(): unknown {
  const host = { address: "127.0.0.1", enter: [] };
  const clusterFolder = openClusterFolder(join(folder, "cluster"), () => 20_000);
  const text = patroniConfiguration({
    folder: clusterFolder,
    name: "postgres-1",
    at: 0,
    hosts: [host, host, host],
    etcd: [host],
    dataFolder: "",
    socketFolder: "",
  });
  return timesOf(JSON.parse(text).bootstrap.dcs);
}

/** Without what depends on the size of the machine. */
function timesOf({ postgresql, ...rest }: any): unknown {
  const { parameters } = postgresql;
  const shared = Object.keys(parameters).filter((name) =>
    /^(wal_(level|sender|receiver|retrieve|keep|log|compression)|max_(wal|replication|slot|standby|connections)|tcp_|hot_)/.test(
      name,
    ),
  );
  return { ...rest, parameters: Object.fromEntries(shared.sort().map((name) => [name, parameters[name]])) };
}

async function patroniProblems(file: string): Promise<string[]> {
  const { environment } = project.services["postgres-1"]!;
  const passwords = {
    PATRONI_SUPERUSER_PASSWORD: "x",
    PATRONI_REPLICATION_PASSWORD: "x",
    PATRONI_RESTAPI_PASSWORD: "x",
  };
  const child = Bun.spawn([binaryOf("patroni"), "--validate-config", file], {
    env: { ...process.env, ...environment, ...passwords },
    stdout: "pipe",
    stderr: "pipe",
  });
  const texts = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  await child.exited;
  return texts
    .join("\n")
    .split("\n")
    .filter((line) => line.trim() !== "");
}

test("systemd takes the units, and ends a process only after its drain", async () => {
  const units = join(folder, "units");
  cpSync(join(deploy, "systemd"), units, { recursive: true });
  const services = readdirSync(units).filter((name) => name.endsWith(".service"));
  expect(services).toContain("banyan@.service");
  for (const name of services) {
    const text = readFileSync(join(units, name), "utf8");
    // The programs are not installed here; that a unit names one is enough.
    writeFileSync(
      join(units, name.replace("@.", "@one.")),
      text.replace(/(?<=^ExecStart=)\S+/gm, "/bin/true"),
    );
  }
  const names = [...services.map((name) => name.replace("@.", "@one.")), "banyan.target"];
  const { out, err } = await run(["systemd-analyze", "verify", ...names.map((name) => join(units, name))]);
  expect(out + err).toBe("");
  const unit = readFileSync(join(units, "banyan@.service"), "utf8");
  const stopMs = 1_000 * Number(/^TimeoutStopSec=(\d+)$/m.exec(unit)![1]);
  const drainMs = Number(/BANYAN_DRAIN_MS=(\d+)/.exec(unit)![1]);
  expect(stopMs).toBeGreaterThan(drainMs + 20_000);
  await expect(withLine(units, "Bogus=1")).resolves.toContain("Bogus");
});

/** What systemd says of the unit with a line more. */
async function withLine(units: string, line: string): Promise<string> {
  const file = join(units, "banyan@two.service");
  writeFileSync(
    file,
    readFileSync(join(units, "banyan@one.service"), "utf8").replace("[Service]", `[Service]\n${line}`),
  );
  return (await run(["systemd-analyze", "verify", file])).err;
}
