// What a password must be (after NIST SP 800-63B, section 5.1.1): long enough, not among the first that anybody
// tries, not the handle. No rules about kinds of characters: they make passwords worse.

import { ok, type Result, refused } from "#base/result.ts";
import { commonPasswords } from "./common-passwords.ts";

export interface PasswordLimits {
  readonly passwordCharsMin: number;
  readonly passwordBytesMax: number;
}

/**
 * The form of the password that is hashed: composed Unicode (NFC), so that it is the same from every keyboard.
 * The refusal is a sentence for the person; it never repeats what they typed.
 */
export function decidePassword(
  password: string,
  handle: string,
  limits: PasswordLimits,
): Result<string, string> {
  const text = passwordForm(password);
  if (!text.isWellFormed() || text.includes("\u0000")) return refused("The password is not valid text.");
  if ([...text].length < limits.passwordCharsMin) {
    return refused(`A password has at least ${limits.passwordCharsMin} characters.`);
  }
  if (new TextEncoder().encode(text).length > limits.passwordBytesMax) {
    return refused(`A password has at most ${limits.passwordBytesMax} bytes.`);
  }
  const reason = whyGuessable(text.toLowerCase(), handle);
  return reason === null ? ok(text) : refused(reason);
}

export function passwordForm(password: string): string {
  return password.normalize("NFC");
}

function whyGuessable(lower: string, handle: string): string | null {
  if (isRepeated(lower)) return "A password that repeats itself is easily guessed.";
  if (commonPasswords.has(lower)) return "This password is one of the first that anybody would try.";
  const rest = lower.replaceAll(handle, "");
  return rest !== lower && rest.length < 4 ? "The handle is not a password." : null;
}

/** Whether up to four characters, over and over, make the whole text. */
function isRepeated(text: string): boolean {
  for (let period = 1; period <= 4; period++) {
    if (
      text ===
      text
        .slice(0, period)
        .repeat(Math.ceil(text.length / period))
        .slice(0, text.length)
    )
      return true;
  }
  return false;
}
