// The closed list of refusals. Codes belong to the wire: they are added, never renamed and never reused.

export const refusalCodes = {
  bad_frame:
    "The frame could not be understood: not of this codec, an unknown kind, or a field of the wrong form.",
  unsupported_version: "The server does not speak this protocol version.",
  not_authenticated: "The token is missing, wrong, expired or revoked. Log in again.",
  out_of_order: "The command came before `hello`, or `hello` came twice.",
  unknown_conversation: "There is no such conversation, or you are not a member of it.",
  unknown_message: "There is no such message in this conversation.",
  message_deleted: "The message has been deleted.",
  not_allowed: "Your role in this conversation does not allow this.",
  empty_text: "A message needs some text.",
  too_large: "A field is larger than the limits allow.",
  too_many: "A list is longer than the limits allow.",
  rate_limited: "Too fast. Try again after `retryAfterMs`.",
  overloaded:
    "The server has more work than it can do now; nothing was written. Try again after `retryAfterMs`.",
  draining: "The server is about to stop; nothing was written. Reconnect and try again.",
  unavailable: "The store cannot be reached now. The same name may be sent again: it is stored at most once.",
} as const;

export type RefusalCode = keyof typeof refusalCodes;
