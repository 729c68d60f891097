// The words of docs/benchmarks-cluster.md: which figures stand in which of its tables.

import type { Section } from "./report-cluster.ts";

export interface Row {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
}

const both = ["banyan", "banyan-cluster"] as const;
const parts = [
  "gateway",
  "messaging",
  "api",
  "worker",
  "presence",
  "nats",
  "postgres",
  "redis",
  "haproxy",
  "etcdPatroni",
];

function rows(...list: readonly (readonly [key: string, label: string, unit: string])[]): Row[] {
  return list.map(([key, label, unit]) => ({ key, label, unit }));
}

function load(name: string, per: string, fixed: number): Row[] {
  return [
    ...rows(
      [`${name}.saturation.sendsPerSecond`, "sends, saturated", "/s"],
      [`${name}.saturation.perSecond`, `${per}s, saturated`, "/s"],
      [`${name}.saturation.cpuUs`, `CPU per ${per}, saturated`, "us"],
      [`${name}.fixed${fixed}.cpuUs`, `CPU per ${per} at ${fixed} sends/s`, "us"],
    ),
    ...parts.map((part) => ({
      key: `${name}.fixed${fixed}.cpuUs.${part}`,
      label: `of it ${part}`,
      unit: "us",
    })),
    ...rows(
      [`${name}.fixed${fixed}.ackP50Ms`, `acknowledged at ${fixed}/s, p50`, "ms"],
      [`${name}.fixed${fixed}.ackP99Ms`, `acknowledged at ${fixed}/s, p99`, "ms"],
      [`${name}.fixed${fixed}.deliveryP50Ms`, `delivered at ${fixed}/s, p50`, "ms"],
      [`${name}.fixed${fixed}.deliveryP99Ms`, `delivered at ${fixed}/s, p99`, "ms"],
      [`${name}.half.ackP99Ms`, "acknowledged at half of its own saturation, p99", "ms"],
    ),
  ];
}

export const sections: readonly Section[] = [
  { name: "direct", targets: both, rows: load("direct", "message", 500) },
  { name: "rooms", targets: both, rows: load("rooms", "delivery", 300) },
  { name: "largeRoom", targets: both, rows: load("largeRoom", "delivery", 30) },
  {
    name: "overload",
    targets: ["banyan-cluster"],
    columns: ["overload.patient.", "overload.deaf."],
    rows: rows(
      ["offeredPerSecond", "offered", "/s"],
      ["goodputPerSecond", "acknowledged", "/s"],
      ["goodputPercent", "of the peak", "%"],
      ["refusedPerSecond", "refused", "/s"],
      ["refusedWithoutHint", "refused without a time", ""],
      ["ackP99Ms", "acknowledged, p99, worst half second", "ms"],
      ["normalP99Ms", "before it, p99", "ms"],
      ["recoveryMs", "as before after", "ms"],
    ),
  },
  {
    name: "storm",
    targets: ["banyan-cluster"],
    columns: ["storm.cold.", "storm.warm.", "storm.bounded."],
    rows: rows(
      ["sessions", "sessions", ""],
      ["allLiveMs", "all live after", "ms"],
      ["halfLiveMs", "half of them", "ms"],
      ["cpuUsPerSession", "CPU per session, all parts", "us"],
      ["statements", "PostgreSQL transactions", ""],
      ["rowsRead", "PostgreSQL rows read", ""],
      ["refused", "hellos told to come back later", ""],
    ),
  },
  {
    name: "formats",
    targets: ["banyan"],
    columns: ["formats.binary.", "formats.json.", "formats.xmpp.", "formats.matrix."],
    rows: rows(
      ["long.bytes", "delivered, text of 150 B", "B"],
      ["long.deflatedBytes", "the same, deflated", "B"],
      ["short.bytes", "delivered, text of 20 B", "B"],
      ["short.deflatedBytes", "the same, deflated", "B"],
      ["idleBytesPerHour", "idle session, an hour", "B"],
      ["dayBytes", "a device's day", "B"],
    ),
  },
  {
    name: "hotRoom",
    targets: ["banyan-cluster"],
    columns: ["hotRoom.at3.", "hotRoom.at30."],
    rows: rows(
      ["sendsPerSecond", "messages", "/s"],
      ["deliveriesPerSecond", "deliveries", "/s"],
      ["deliveryP50Ms", "delivered, p50", "ms"],
      ["deliveryP99Ms", "delivered, p99", "ms"],
      ["cpuUs", "CPU per delivery, all parts", "us"],
      ["gatewayCpuUs", "of it gateways", "us"],
    ),
  },
  {
    name: "hotRoomWhole",
    targets: ["banyan-cluster"],
    rows: rows(
      ["hotRoom.members", "members", ""],
      ["hotRoom.online", "on line", ""],
      ["hotRoom.gateways", "gateways", ""],
      ["hotRoom.gatewayKiBPerSession", "gateways' memory per session", "KiB"],
      ["hotRoom.missing", "deliveries missing", ""],
      ["hotRoom.lost", "connections lost", ""],
    ),
  },
  {
    name: "typing",
    targets: both,
    rows: rows(
      ["typing.room.framesPerSecond", "50 of 100 type, all look on", "frames/s"],
      ["typing.room.cpuPercent", "the whole server meanwhile", "% of a core"],
      ["typing.largeRoom.framesPerSecond", "50 of 1,000 type, all look on", "frames/s"],
      ["typing.largeRoom.cpuPercent", "the whole server meanwhile", "% of a core"],
    ),
  },
];
