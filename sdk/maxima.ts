// Every bound and wait of the client library that is not the wire's (those are in protocol/limits.ts).
// Each says what happens when it is reached.

import { MiB, minuteMs, secondMs } from "#base/units.ts";
import { limits } from "#protocol/limits.ts";

export const maxima = {
  /** A message's text in bytes of UTF-8: the wire's limit, for pages that say it before sending. */
  textBytesMax: limits.textBytesMax,
  /** Unacknowledged messages of one client; a further send is refused with `queue_full`. */
  outboxEntriesMax: 500,
  /** Receipts of acknowledged sends that can still be asked for; older ones are forgotten. */
  receiptsMax: 200,
  /** Edits, deletes and reactions that wait for their acknowledgement; a further one is refused with `queue_full`. */
  pendingChangesMax: 256,
  /** Sends of one conversation that are not answered yet: one, so that a refusal in between cannot change the order. */
  sendsInFlightPerConversationMax: 1,
  /** Questions (`since`) not answered yet; the others wait. */
  questionsInFlightMax: 8,
  /** Changes of one conversation held behind a gap; when full they are dropped and the server is asked. */
  heldChangesMax: 256,
  /** Messages held of a conversation that is open; the ones farthest from what is shown are dropped. */
  openMessagesMax: 2000,
  /** Messages held of a conversation that is not open, and kept in the store. */
  quietMessagesMax: 60,
  /** Known conversations; further ones are not kept. */
  conversationsMax: 5000,
  /** Members kept of one conversation; the ones known longest are forgotten and asked for again. */
  membersPerConversationMax: 2000,
  /** People in the directory's cache; the ones known longest are forgotten. */
  peopleMax: 5000,
  /** People whose presence is remembered; the ones told longest ago are forgotten. */
  presencesMax: 1000,
  /** Background reads that wait for their turn; a further one is not queued (the next reconnect asks again). */
  jobsMax: 2000,
  jobsAtOnceMax: 4,
  /** Frames that overtook the `welcome`; further ones are dropped, and numbers heal it. */
  earlyFramesMax: 256,
  /** Ranges of shown numbers that are kept of one conversation for an audit; with more it begins anew. */
  auditRangesMax: 256,
  /** Healed gaps that wait to be reported; further ones are not. */
  auditGapsMax: 256,
  /** How often a report waits for the next `pong` because something is being asked for. */
  auditPostponedMax: 2,
  /** A `packed` frame that inflates to more closes the connection. */
  inflatedBytesMax: 32 * MiB,

  /** From opening the socket to the server's `welcome`. */
  welcomeWithinMs: 10 * secondMs,
  /** From a `ping` to any sign of life; the probe after a wake-up is less patient. */
  pongWithinMs: 10 * secondMs,
  probeWithinMs: 4 * secondMs,
  /** A command without an answer for this long means a broken connection. */
  answerWithinMs: 15 * secondMs,
  httpWithinMs: 20 * secondMs,
  /** Full jitter: a wait is drawn from 0 to `retryBaseMs`, which grows with each attempt after the first few. */
  retryBaseMs: secondMs,
  retriesBeforeGrowth: 3,
  /** So slowly that nobody waits much longer than the fault lasted. */
  retryGrowth: 1.3,
  retryMaxMs: 30 * secondMs,
  /** The server closed because it refused too many frames in a row. */
  afterFloodMs: minuteMs,
  /** A connection that lived this long was a good one: waiting starts small again. */
  steadyAfterMs: 3 * secondMs,
  /** How often a read cursor is told, and the store is written, at most. */
  readEveryMs: 250,
  /** A read cursor that the server has not repeated by then is told again. */
  readAgainMs: 5 * secondMs,
  keepEveryMs: 500,
  /** How often a conversation's summary is read again because its number of members became doubtful. */
  summaryEveryMs: minuteMs / 2,
} as const;
