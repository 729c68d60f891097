// The figures' words and units, in the order of the table, and whether a value keeps its bar in budgets.json.

import budgets from "./budgets.json" with { type: "json" };
import { type Pace, scaleOf } from "./pace.ts";

export interface FigureWords {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  /** A heading goes before the first figure of its group. */
  readonly group: string;
}

export interface Budget {
  readonly max?: number;
  readonly min?: number;
  readonly aim?: number;
}

const budgetOf: Record<string, Budget> = budgets;

function group(name: string, rows: readonly (readonly [key: string, label: string, unit: string])[]) {
  return rows.map(([key, label, unit]) => ({ key, label, unit, group: name }));
}

export const figureWords: readonly FigureWords[] = [
  ...group("start, until it answers", [
    ["start.firstMs", "the first, with its database made", "ms"],
    ["start.laterMs", "every one after that", "ms"],
  ]),
  ...group("1:1 durable message, 500 pairs", [
    ["direct.saturation.cpuUs", "CPU per message, saturated", "us"],
    ["direct.saturation.postgresCpuUs", "PostgreSQL's part of it", "us"],
    ["direct.saturation.perSecond", "messages, saturated", "/s"],
    ["direct.fixed2000.cpuUs", "CPU per message at 2,000/s", "us"],
    ["direct.fixed2000.postgresCpuUs", "PostgreSQL's part of it", "us"],
    ["direct.half.ackP50Ms", "acknowledged, half of saturation, p50", "ms"],
    ["direct.half.ackP99Ms", "acknowledged, half of saturation, p99", "ms"],
    ["direct.half.ackP999Ms", "acknowledged, half of saturation, p99.9", "ms"],
    ["direct.half.deliveryP50Ms", "delivered, half of saturation, p50", "ms"],
    ["direct.half.deliveryP99Ms", "delivered, half of saturation, p99", "ms"],
    ["direct.half.deliveryP999Ms", "delivered, half of saturation, p99.9", "ms"],
    ["direct.half.bytesPerMessage", "bytes on the wire a message, both ways", "B"],
  ]),
  ...group("10 rooms of 100, commits included", [
    ["rooms.saturation.cpuUs", "CPU per delivery, saturated", "us"],
    ["rooms.saturation.postgresCpuUs", "PostgreSQL's part of it", "us"],
    ["rooms.saturation.perSecond", "deliveries, saturated", "/s"],
    ["rooms.fixed300.cpuUs", "CPU per delivery at 300 messages/s", "us"],
    ["rooms.half.ackP99Ms", "acknowledged, half of saturation, p99", "ms"],
    ["rooms.half.ackP999Ms", "acknowledged, half of saturation, p99.9", "ms"],
    ["rooms.half.deliveryP50Ms", "delivered, half of saturation, p50", "ms"],
    ["rooms.half.deliveryP99Ms", "delivered, half of saturation, p99", "ms"],
    ["rooms.half.deliveryP999Ms", "delivered, half of saturation, p99.9", "ms"],
    ["rooms.half.bytesPerDelivery", "bytes on the wire a delivery", "B"],
  ]),
  ...group("one room of 1,000, commits included", [
    ["largeRoom.saturation.cpuUs", "CPU per delivery, saturated", "us"],
    ["largeRoom.saturation.perSecond", "deliveries, saturated", "/s"],
    ["largeRoom.fixed30.cpuUs", "CPU per delivery at 30 messages/s", "us"],
    ["largeRoom.fixed100.cpuUs", "CPU per delivery at 100 messages/s", "us"],
    ["largeRoom.half.deliveryP50Ms", "delivered, half of saturation, p50", "ms"],
    ["largeRoom.half.deliveryP99Ms", "delivered, half of saturation, p99", "ms"],
    ["largeRoom.half.deliveryP999Ms", "delivered, half of saturation, p99.9", "ms"],
    ["largeRoom.half.bytesPerDelivery", "bytes on the wire a delivery", "B"],
  ]),
  ...group("conversation opened, people at work", [
    ["opens.lively.freePercent", "touched no database, of all in lively conversations", "%"],
    ["opens.lively.askedFreePercent", "of those that asked the server", "%"],
  ]),
  ...group("conversation opened: both requests, as a browser makes them", [
    ["opens.warmServerUs", "opened lately: server CPU", "us"],
    ["opens.warmPostgresUs", "opened lately: PostgreSQL CPU", "us"],
    ["opens.warmP50Ms", "opened lately, p50", "ms"],
    ["opens.otherServerUs", "opened lately, another page: server CPU", "us"],
    ["opens.onceServerUs", "opened lately, in one request: server CPU", "us"],
    ["opens.steadyServerUs", "opened lately, 50/s with pauses: server CPU", "us"],
    ["opens.steadyOnceServerUs", "the same in one request: server CPU", "us"],
    ["opens.coldServerUs", "by nobody so far: server CPU", "us"],
    ["opens.coldPostgresUs", "by nobody so far: PostgreSQL CPU", "us"],
    ["opens.coldP50Ms", "by nobody so far, p50", "ms"],
    ["opens.wireBytes", "bodies on the wire", "B"],
  ]),
  ...group("idle session, member of 50 conversations", [
    ["idle.serverKiB", "server memory", "KiB"],
    ["idle.withPostgresKiB", "server and PostgreSQL memory", "KiB"],
    ["idle.kernelKiB", "kernel's TCP buffers", "KiB"],
    ["idle.bytesPerHour", "bytes on the wire in an hour, both ways", "B"],
    ["idle.cpuMsPerHour", "CPU in an hour", "ms"],
  ]),
  ...group("all sessions come back at once after a restart", [
    ["reconnect.allLiveMs", "all live after", "ms"],
    ["reconnect.perSecond", "sessions a second", "/s"],
    ["reconnect.cpuUsPerSession", "CPU per session", "us"],
    ["reconnect.statements", "PostgreSQL transactions", ""],
    ["reconnect.rowsRead", "PostgreSQL rows read", ""],
    ["reconnect.diskBlocksRead", "PostgreSQL blocks not in its cache", ""],
    ["reconnect.warm.allLiveMs", "once more, to the running server: all live after", "ms"],
    ["reconnect.warm.cpuUs", "CPU per session of that", "us"],
  ]),
  ...group("a conversation with 1,000,000 messages", [
    ["history.openP50Ms", "opening, server side, p50", "ms"],
    ["history.openP99Ms", "opening, server side, p99", "ms"],
    ["history.pageP50Ms", "paging anywhere, server side, p50", "ms"],
    ["history.pageP99Ms", "paging anywhere, server side, p99", "ms"],
    ["history.httpOpenP99Ms", "opening over HTTP (two requests), p99", "ms"],
    ["history.httpPageP99Ms", "paging anywhere over HTTP, p99", "ms"],
  ]),
  ...group("bytes on the wire, TCP payload", [
    ["wire.binary.deliveryBytes", "binary: delivered message, beyond its text", "B"],
    ["wire.json.deliveryBytes", "JSON: delivered message, beyond its text", "B"],
    ["wire.own.deliveryBytes", "a peer's own: delivered message, beyond its text", "B"],
    ["wire.binary.sendBytes", "binary: send, beyond its text", "B"],
    ["wire.json.sendBytes", "JSON: send, beyond its text", "B"],
    ["wire.own.sendBytes", "a peer's own: send, beyond its text", "B"],
    ["wire.binary.ackBytes", "binary: acknowledgement", "B"],
    ["wire.own.ackBytes", "a peer's own: acknowledgement", "B"],
    ["wire.json.ackBytes", "JSON: acknowledgement", "B"],
    ["wire.binary.idleBytesPerHour", "binary: idle hour, heartbeats", "B"],
    ["wire.json.idleBytesPerHour", "JSON: idle hour, heartbeats", "B"],
  ]),
  ...group("parts", [
    ["micro.codec.binaryEncodeUs", "binary codec: encode a change", "us"],
    ["micro.codec.binaryEncodeAckUs", "binary codec: encode an ack", "us"],
    ["micro.codec.binaryEncodeWelcomeUs", "binary codec: encode a welcome of 50 heads", "us"],
    ["micro.codec.binaryDecodeSendUs", "binary codec: decode a send", "us"],
    ["micro.codec.jsonEncodeUs", "JSON codec: encode a change", "us"],
    ["micro.codec.jsonEncodeAckUs", "JSON codec: encode an ack", "us"],
    ["micro.codec.jsonEncodeWelcomeUs", "JSON codec: encode a welcome of 50 heads", "us"],
    ["micro.codec.jsonDecodeSendUs", "JSON codec: decode a send", "us"],
    ["micro.commit.group1CpuUs", "commit, groups of 1: PostgreSQL CPU a message", "us"],
    ["micro.commit.group10CpuUs", "commit, groups of 10", "us"],
    ["micro.commit.group100CpuUs", "commit, groups of 100", "us"],
    ["micro.commit.group250CpuUs", "commit, groups of 250", "us"],
    ["micro.hub.fanOut100Us", "hub: a change to a room of 100, without sockets", "us"],
    ["micro.hub.fanOut1000Us", "hub: a change to a room of 1,000, without sockets", "us"],
    ["micro.hits.factsUs", "from memory: may this person send here", "us"],
    ["micro.hits.pageUs", "from memory: the newest 50 messages", "us"],
    ["micro.hits.sinceUs", "from memory: 20 messages since a number", "us"],
  ]),
];

/** null: no bar, or nothing measured. The bar is moved by the pace of the machine. */
export function keepsBar(key: string, value: number | undefined, pace: Pace | null = null): boolean | null {
  const budget = budgetOf[key];
  if (!budget || value === undefined) return null;
  const { max = Number.POSITIVE_INFINITY, min = Number.NEGATIVE_INFINITY } = budget;
  const scale = scaleOf(key, pace);
  return value <= max * scale && value >= min * scale;
}

/** As it holds at this pace; where that moves it, as it stands in budgets.json, too. */
export function barText(key: string, pace: Pace | null = null): string {
  const budget = budgetOf[key];
  if (!budget) return "";
  const scale = scaleOf(key, pace);
  const { max, min = 0, aim } = budget;
  const bound = max === undefined ? `>= ${number(min * scale)}` : `<= ${number(max * scale)}`;
  const further = aim === undefined ? "" : ` (aim ${number(aim * scale)})`;
  return scale === 1 ? bound + further : `${bound} [${number(max ?? min)}]${further}`;
}

export function number(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2).replace(/\.?0+$/, "") || "0";
}

export const budgetKeys: readonly string[] = Object.keys(budgetOf);
