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
  draining: "The server stops. Reconnect after the `reconnectAfterMs` of `drain`.",
  flood: "Far too many frames in spite of `rate_limited`. Reconnect after a minute.",
  slowReader: "The client did not read its answers. Reconnect; ask `since`.",
};
