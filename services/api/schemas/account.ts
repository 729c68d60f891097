// Accounts, sessions and what is sent to make them.

import { z } from "@hono/zod-openapi";
import { handlePattern } from "#core/accounts/handle.ts";
import { httpLimits } from "#protocol/limits.ts";
import { line, text, time, uuid } from "./fields.ts";

const { handleCharsMin, handleCharsMax, passwordCharsMin, passwordBytesMax } = httpLimits;

/** The core decides what a handle is and says why not; this only keeps the field small. */
const handle = text(1000).openapi({
  minLength: handleCharsMin,
  maxLength: handleCharsMax,
  pattern: handlePattern,
  description: `${handleCharsMin} to ${handleCharsMax} of a-z, 0-9, dot, underscore and hyphen; begins with a letter or digit.`,
  example: "ana.b",
});

const newPassword = z
  .string()
  .max(4 * passwordBytesMax)
  .openapi({
    minLength: passwordCharsMin,
    maxLength: passwordBytesMax,
    format: "password",
    description: `At least ${passwordCharsMin} characters, at most ${passwordBytesMax} bytes of UTF-8; not a common one.`,
  });
const password = z
  .string()
  .max(4 * passwordBytesMax)
  .openapi({ format: "password" });

export const displayName = line(httpLimits.displayNameCharsMax);

const device = line(httpLimits.deviceCharsMax)
  .optional()
  .openapi({ description: "What the person sees in the list of devices; else taken from the User-Agent." });
const cookie = z.boolean().optional().openapi({
  description: "For pages of this site: the token is set as an HttpOnly cookie and left out of the answer.",
});

export const signUpBody = z
  .object({
    handle,
    displayName: displayName.optional(),
    password: newPassword,
    invitation: text(200).optional(),
    device,
    cookie,
  })
  .openapi("SignUp");

export const botBody = z.object({ handle, displayName: displayName.optional() }).openapi("MakeBot");

export const logInBody = z.object({ handle, password, device, cookie }).openapi("LogIn");
export const renameBody = z.object({ displayName }).openapi("RenameAccount");
export const passwordBody = z.object({ current: password, next: newPassword }).openapi("ChangePassword");

const isBot = z.boolean().openapi({ description: "A program, not a person." });

export const account = z
  .object({
    user: uuid,
    handle: z.string(),
    displayName: z.string(),
    isOwner: z.boolean().openapi({ description: "Owner of the installation." }),
    isBot,
    createdAt: time,
  })
  .openapi("Account");

export const session = z
  .object({
    session: uuid,
    device: z.string(),
    createdAt: time,
    lastSeenAt: time.openapi({ description: "Milliseconds since 1970, to about an hour." }),
    expiresAt: time,
    current: z.boolean(),
  })
  .openapi("Session");

export const loggedIn = z
  .object({
    account,
    session,
    token: z.string().optional().openapi({
      description: "Shown once, for the Authorization header. Left out where a cookie was asked for.",
    }),
  })
  .openapi("LoggedIn");

export const profile = z
  .object({ user: uuid, handle: z.string(), displayName: z.string(), isBot })
  .openapi("Profile");
