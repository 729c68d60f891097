// Why the server ends a connection, as WebSocket close codes. They belong to the wire: added, never reused.

export const closeCodes = {
  notAuthenticated: 4001,
  unsupportedVersion: 4002,
  helloTooLate: 4003,
  draining: 4004,
  flood: 4008,
  slowReader: 4009,
} as const;

export const closeMeanings: Record<keyof typeof closeCodes, string> = {
  notAuthenticated:
    "The token was not accepted, or the session has been revoked. Log in again; do not retry.",
  unsupportedVersion: "The server does not speak the client's version. Update the client; do not retry.",
  helloTooLate: "No `hello` within `helloWithinMs`. Reconnect with backoff.",
  draining:
    "The server stops, or cannot take the connection now. Reconnect after the `reconnectAfterMs` or `retryAfterMs` told before.",
  flood: "Too many refused frames in a row. Mend the client; reconnect after a minute.",
  slowReader: "The client did not read its answers. Reconnect; ask `since`.",
};
