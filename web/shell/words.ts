// Refusals in plain words: what happened and what one can do.

import type { Refusal } from "#sdk/refusals.ts";

const words: Record<string, string> = {
  wrong_credentials: "That handle and password do not belong together.",
  handle_taken: "This handle is taken. Choose another one.",
  sign_up_closed: "No new accounts are made here at present.",
  invitation_invalid: "This invitation is used up or too old. Ask for a new one.",
  not_authenticated: "You are no longer logged in on this device.",
  unreachable: "The server cannot be reached. Check your connection and try again.",
  overloaded: "The server is very busy.",
  draining: "The server is restarting.",
  unavailable: "The server cannot store anything just now.",
  too_large: "This is too long.",
  too_many: "That is more than is allowed.",
  queue_full: "Too many messages are waiting. Wait until you are connected again.",
  empty_text: "There is nothing to send.",
  not_allowed: "You may not do this here.",
  unknown_conversation: "This conversation does not exist, or you are not in it.",
  unknown_message: "This message does not exist.",
  message_deleted: "This message was deleted meanwhile.",
  last_owner: "You are the only owner. Make somebody else an owner first.",
};

export function plainWords(refusal: Refusal): string {
  if (refusal.code === "rate_limited") return `Too many tries. ${tryAgain(refusal.retryAfterMs)}`;
  const known = Object.hasOwn(words, refusal.code) ? words[refusal.code]! : refusal.message;
  return refusal.retryAfterMs ? `${known} ${tryAgain(refusal.retryAfterMs)}` : known;
}

function tryAgain(afterMs = 0): string {
  const seconds = Math.ceil(afterMs / 1000);
  if (seconds <= 1) return "Try again in a moment.";
  if (seconds < 90) return `Try again in ${seconds} seconds.`;
  return `Try again in ${Math.ceil(seconds / 60)} minutes.`;
}
