// Every number of the wire that a client's author must know. SPEC.md refers to these by name and lists them.

/** Who hears nothing for so many heartbeats closes. */
export const silentHeartbeats = 2.5;

export const limits = {
  /** A message's text, in bytes of UTF-8. */
  textBytesMax: 16 * 1024,
  /** One frame from a client, in bytes. */
  frameBytesMax: 64 * 1024,
  /** An emoji of a reaction, in bytes of UTF-8. */
  emojiBytesMax: 32,
  /** Different emoji on one message. */
  emojiPerMessageMax: 20,
  /** A conversation's title, in characters. */
  titleCharsMax: 120,
  /** What a session may look at, at once (`look`). */
  lookConversationsMax: 20,
  lookUsersMax: 200,
  /** Answered rows in one `caughtUp`; a client further behind is told to reload (`reset`). */
  catchUpRowsMax: 500,
  /** Text in one `caughtUp`, in characters; with more it is a `reset` as well. */
  catchUpCharsMax: 256 * 1024,
  /** Messages in one page of history. */
  pageMessagesMax: 200,
  /** Members in one page of members. */
  pageMembersMax: 500,
  /** Heads in one `welcome`; the rest come over HTTP. */
  welcomeHeadsMax: 1000,
  /** Commands of one session that are not answered yet. */
  commandsInFlightMax: 64,
  /** A session that has not said `hello` by then is closed. */
  helloWithinMs: 10_000,
  /** How often a client sends `ping`, unless `welcome` names another time; who hears nothing for `silenceMs` closes. */
  heartbeatMs: 30_000,
  silenceMs: 30_000 * silentHeartbeats,
  /** How long a client waits for a missing change to come by itself before it asks (`since`). */
  gapGraceMs: 300,
  /** A typing notice holds this long; a client repeats it at most every `typingEveryMs`. */
  typingHoldsMs: 6_000,
  typingEveryMs: 3_000,
  /** Answers above this size are packed (raw DEFLATE). */
  packAboveBytes: 1024,
  /** Read receipts and typing are told to members of conversations up to this size. */
  receiptsMembersMax: 100,
  /** In one `audit`: conversations, ranges of one conversation, healed gaps. What does not fit follows. */
  auditConversationsMax: 40,
  auditRangesMax: 16,
  auditGapsMax: 32,
  /** Conversations of one session that an audit looks at, and frames of one report. */
  auditedConversationsMax: 200,
  auditFramesMax: 12,
} as const;

/** What the HTTP API allows; its OpenAPI document shows each where it applies. */
export const httpLimits = {
  bodyBytesMax: 64 * 1024,
  /** Answers above this size are compressed for a client that accepts it. */
  compressAboveBytes: 1024,
  handleCharsMin: 2,
  handleCharsMax: 32,
  displayNameCharsMax: 80,
  passwordCharsMin: 10,
  passwordBytesMax: 256,
  /** What a person sees in the list of devices. */
  deviceCharsMax: 80,
  /** Words to search for. */
  searchCharsMax: 100,
  pageUsersMax: 50,
  /** Users asked for by id, in one request. */
  usersByIdMax: 200,
  pageConversationsMax: 100,
  pageChannelsMax: 50,
  /** Users in one request that adds members. */
  addUsersMax: 200,
  /** Members asked for by number, in one request. */
  membersByNumberMax: 200,
  invitationUsesMax: 1000,
  botsMax: 20,
  invitationDaysMax: 90,
} as const;
