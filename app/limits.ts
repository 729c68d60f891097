// The bounds of the services: the wire's, the configured ones, and the few that nobody needs to configure.

import { dayMs, hourMs, minuteMs, secondMs } from "#base/units.ts";
import type { SessionLife } from "#core/accounts/session.ts";
import { limits as wire } from "#protocol/limits.ts";
import type { GatewayLimits } from "#services/gateway/gateway.ts";
import type { MessagingLimits } from "#services/messaging/limits.ts";
import type { Config } from "./config.ts";

type Configured = Pick<
  Config,
  | "groupSendsMax"
  | "auditPerMille"
  | "heartbeatSeconds"
  | "hellosMax"
  | "laneQueueMax"
  | "groupWaitMs"
  | "gatherMsMax"
  | "commandsPerSecond"
  | "commandsBurst"
  | "hotConversationsMax"
  | "accountCommandsPerSecond"
  | "accountCommandsBurst"
  | "botCommandsPerSecond"
  | "botCommandsBurst"
  | "conversationSendsPerSecond"
  | "conversationSendsBurst"
>;

export function serviceLimits(
  config: Configured,
  topology: Config["topology"] = "embedded",
): MessagingLimits & GatewayLimits {
  const isAlone = topology === "embedded";
  const heartbeatMs = config.heartbeatSeconds * secondMs;
  return {
    groupMax: config.groupSendsMax,
    laneQueueMax: config.laneQueueMax,
    laneWaitMsMax: 400,
    statementsMax: 4,
    groupWaitMs: config.groupWaitMs,
    conversationsMax: config.hotConversationsMax,
    membershipsMax: config.hotConversationsMax * 4,
    recentMessagesMax: 128,
    recentConversationsMax: config.hotConversationsMax,
    recentBytesMax: 64 * 1024 * 1024,
    settleMs: 1_000,
    checkEveryMs: 30_000,
    loadBatchMax: 1_000,
    loadQueueMax: 1_000_000,
    textBytesMax: wire.textBytesMax,
    emojiBytesMax: wire.emojiBytesMax,
    titleCharsMax: wire.titleCharsMax,
    addAtOnceMax: wire.pageMembersMax,
    receiptsMembersMax: wire.receiptsMembersMax,
    membersMax: 100_000,
    // Other processes read what is written only: the shorter, the less a second device lacks for a moment.
    cursorFlushMs: isAlone ? 3_000 : 500,
    cursorBatchMax: 1_000,
    cursorsWaitingMax: 100_000,
    overloadedRetryMs: 500,
    unavailableRetryMs: 500,
    hellosMax: config.hellosMax,
    heartbeatMs,
    framesPerSecond: config.commandsPerSecond,
    framesBurst: config.commandsBurst,
    accountCommandsPerSecond: config.accountCommandsPerSecond || config.commandsPerSecond * 4,
    accountCommandsBurst: config.accountCommandsBurst || config.commandsBurst * 4,
    botCommandsPerSecond: config.botCommandsPerSecond,
    botCommandsBurst: config.botCommandsBurst,
    accountSettleMs: 1_000,
    conversationSendsPerSecond: config.conversationSendsPerSecond || config.commandsPerSecond * 20,
    conversationSendsBurst: config.conversationSendsBurst || config.commandsBurst * 20,
    auditPerMille: config.auditPerMille,
    auditSessionsMin: 16,
    auditSessionsMax: 1_000,
    auditEveryMs: 2 * heartbeatMs,
    // What got lost without a trace is found by the next heartbeat, and then asked for.
    auditLostAfterMs: 1.5 * heartbeatMs,
    auditLostMax: 1_000,
    topicSessionsMin: 8,
    topicQuietMs: 5 * minuteMs,
    gatherMsMax: config.gatherMsMax,
    refusedInRowMax: 100,
    livelyCheckMs: isAlone ? 0 : 10_000, // nothing is lost between the parts of one process
    wholeCheckMs: 10 * minuteMs,
  };
}

export function sessionLife(config: Pick<Config, "sessionDays">): SessionLife {
  return { lifeMs: config.sessionDays * dayMs, touchEveryMs: hourMs };
}
