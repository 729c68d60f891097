// What the API wants to know of the configuration; app/config.ts holds the values and their defaults.

export interface ApiConfig {
  readonly serverName: string;
  readonly version: string;
  readonly signUp: "open" | "invitation" | "closed";
  /** The URL by which people reach this server, when the request's own Host does not tell. */
  readonly publicUrl: string | null;
  readonly sessionDays: number;
  /** Of one session, or of one address that shows none. */
  readonly requestsPerMinute: number;
  /** Wrong passwords for one account, or from one address. */
  readonly logInsPerMinute: number;
  /** From one address. */
  readonly signUpsPerHour: number;
  readonly hashConcurrency: number;
}
