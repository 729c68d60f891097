// The one table of everything that can be configured. Its keys are the names in code and in banyan.config.json;
// `dataDir` is `--data-dir` on the command line and BANYAN_DATA_DIR in the environment.

import { isIP } from "node:net";
import { clusterOptions } from "./cluster-options.ts";
import { limitOptions } from "./limit-options.ts";
import { integer, list, oneOf, optionalText, presets, text, toggle } from "./option.ts";

export const options = {
  dataDir: text({
    group: "Place",
    help: "Folder of everything that is kept: the database, the lock, banyan.config.json.",
    placeholder: "folder",
    default: "./.banyan",
    charsMax: 4096,
    notInFile: true,
  }),
  preset: oneOf({
    group: "Place",
    help: "Which set of defaults to start from; `test` has tiny limits, so that tests meet them.",
    choices: presets,
    default: "embedded",
    test: "test",
    notInFile: true,
  }),
  diskFreeMiBMin: integer({
    group: "Place",
    help: "Refuse to start, and to take new messages, with less free disk space than this.",
    unit: "MiB",
    default: 256,
    test: 64,
    min: 0,
    max: 1_048_576,
  }),

  host: text({
    group: "Network",
    help: "Address to listen on; 0.0.0.0 for every network interface.",
    placeholder: "address",
    default: "127.0.0.1",
    charsMax: 255,
  }),
  port: integer({
    group: "Network",
    help: "Port to listen on; 0 takes a free one and prints it.",
    default: 7226,
    test: 0,
    min: 0,
    max: 65_535,
  }),
  publicUrl: optionalText({
    group: "Network",
    help: "The URL by which people reach this server, when it differs from host and port.",
    placeholder: "url",
    check: (given) =>
      /^https?:\/\/[^\s/?#]+\/?$/.test(given) && URL.canParse(given)
        ? null
        : "a URL such as https://chat.example.org, without a path",
  }),
  tlsCert: optionalText({
    group: "Network",
    help: "File with the TLS certificate and its chain (PEM); needs --tls-key as well.",
    placeholder: "file",
  }),
  tlsKey: optionalText({
    group: "Network",
    help: "File with the private key of the TLS certificate (PEM).",
    placeholder: "file",
  }),
  trustedProxies: list({
    group: "Network",
    help: "Addresses or networks of the proxies in front, whose X-Forwarded-For is believed.",
    placeholder: "address,...",
    default: [],
    check: (item) =>
      isNetwork(item) ? null : "addresses or networks separated by commas, such as 127.0.0.1,10.0.0.0/8",
  }),
  drainMs: integer({
    group: "Network",
    help: "On a stop, over how long a time clients are asked to reconnect elsewhere or later.",
    unit: "ms",
    default: 2_000,
    test: 100,
    min: 0,
    max: 600_000,
  }),

  serverName: text({
    group: "People",
    help: "Name of this installation, as people see it.",
    placeholder: "name",
    default: "Banyan",
    charsMax: 60,
  }),
  signUp: oneOf({
    group: "People",
    help: "Who may make an account after the first one, which becomes the owner.",
    choices: ["open", "invitation", "closed"],
    default: "open",
  }),
  sessionDays: integer({
    group: "People",
    help: "After how long without use a session has to log in again.",
    unit: "days",
    default: 90,
    min: 1,
    max: 3650,
  }),

  logLevel: oneOf({
    group: "Log and metrics",
    help: "The least important lines to write.",
    choices: ["trace", "debug", "info", "warn", "error", "fatal", "silent"],
    default: "info",
  }),
  logFormat: oneOf({
    group: "Log and metrics",
    help: "Short lines for people or JSON; auto: text on a terminal, else JSON.",
    choices: ["auto", "text", "json"],
    default: "auto",
  }),
  metrics: toggle({
    group: "Log and metrics",
    help: "Serve /metrics for Prometheus.",
    default: true,
  }),
  metricsToken: optionalText({
    group: "Log and metrics",
    help: "Bearer token that /metrics asks for; without one it answers to this machine only.",
    placeholder: "token",
    secret: true,
    check: (given) => (given.length >= 16 ? null : "a token of at least 16 characters"),
  }),

  auditPerMille: integer({
    group: "Log and metrics",
    help: "Of a thousand sessions, how many report by number what they show, so that a loss is seen; 0: none.",
    default: 10,
    test: 1_000,
    min: 0,
    max: 1_000,
  }),

  postgresUrl: optionalText({
    group: "Storage",
    help: "Use this PostgreSQL instead of the one that the process starts itself.",
    placeholder: "url",
    secret: true,
    check: (given) =>
      /^postgres(ql)?:\/\//.test(given) ? null : "a URL such as postgresql://user:password@host:5432/banyan",
  }),
  groupSendsMax: integer({
    group: "Storage",
    help: "Messages that are committed together, at most.",
    default: 256,
    test: 8,
    min: 1,
    max: 2_000,
  }),
  groupWaitMs: integer({
    group: "Storage",
    help: "The longest that the first message of a group waits for more: the quicker messages come, the nearer to it. Less is sooner acknowledged, and dearer while there is little to do.",
    unit: "ms",
    default: 10,
    test: 1,
    min: 0,
    max: 100,
  }),
  laneQueueMax: integer({
    group: "Storage",
    help: "Messages of one lane that wait for their commit; beyond it senders are told to slow down.",
    default: 4_000,
    test: 200,
    min: 1,
    max: 1_000_000,
  }),

  ...clusterOptions,

  ...limitOptions,
};

export type Options = typeof options;
export type OptionName = keyof Options;
export const optionNames = Object.keys(options) as OptionName[];

export function flagOf(name: OptionName): string {
  return `--${words(name).join("-")}`;
}

export function variableOf(name: OptionName): string {
  return `BANYAN_${words(name).join("_").toUpperCase()}`;
}

/** dataDir -> data, dir; diskFreeMiBMin -> disk, free, mib, min. */
function words(name: string): string[] {
  return name
    .replace("MiB", "Mib")
    .replace("KiB", "Kib")
    .split(/(?=[A-Z])/)
    .map((word) => word.toLowerCase());
}

function isNetwork(item: string): boolean {
  const [address, bits, ...rest] = item.split("/");
  const version = isIP(address ?? "");
  if (version === 0 || rest.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}
