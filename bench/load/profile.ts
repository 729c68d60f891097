// What a profile says: who the people are, where they talk, how often they do what. Profiles are data with a version
// and their sources; a run writes all of it into its file, so that two runs can be compared.

export type PlaceKind = "direct" | "group" | "private" | "public" | "hot";

/** What people do. A server that cannot do it is told at the start of the run, and it is left out. */
export const actionNames = [
  "send",
  "reply",
  "switch",
  "openDirect",
  "scroll",
  "react",
  "edit",
  "delete",
  "search",
  "userSearch",
  "thread",
  "join",
  "typing",
  "look",
  "reload",
  "logIn",
  "file",
] as const;
export type ActionName = (typeof actionNames)[number];

export interface Profile {
  readonly name: string;
  readonly version: number;
  readonly what: string;
  /** Where the numbers come from; an (a) marks an assumption of ours. */
  readonly sources: readonly string[];
  /** Of the people, how many have so many devices. */
  readonly devices: readonly (readonly [devices: number, share: number])[];
  /** Share of people who are online when the ramp is over. */
  readonly online: number;
  /** [share of people, share of what they do], the busiest first. */
  readonly skew: readonly (readonly [people: number, actions: number])[];
  /** Sends of one online person in a second, at the busiest hour, before `--time-scale`. */
  readonly sendsPerPersonSecond: number;
  /** 24 numbers, 1 at the busiest hour; null: the same all day. */
  readonly day: readonly number[] | null;
  /** The hour at which a run begins. */
  readonly dayFrom: number;
  readonly timeScale: number;
  /** Of the sends. */
  readonly where: Readonly<Partial<Record<PlaceKind, number>>>;
  /** Of the sends. */
  readonly replyShare: number;
  readonly fileShare: number;
  /** For each send; `send`, `reply` and `file` are not here. */
  readonly perSend: Readonly<Partial<Record<ActionName, number>>>;
  readonly sizes: readonly (readonly [bytes: number, share: number])[];
  readonly places: readonly PlacePlan[];
  /** Share of live devices in a second that leave; another, or the same, comes. Not scaled in time. */
  readonly churnPerSecond: number;
  /** Opening a conversation again on the same device asks the server with this chance; the first time always does. */
  readonly openAgainShare: number;
  readonly spike?: { readonly from: number; readonly to: number; readonly times: number };
  /** Devices that lose their network: this share of them, once in the period, for so long. Scaled in time. */
  readonly flap?: {
    readonly share: number;
    readonly everySeconds: number;
    readonly fromSeconds: number;
    readonly toSeconds: number;
  };
  /** Sends in a second in the one room of all, whatever the number of people. */
  readonly hotSendsPerSecond?: number;
  /** Of the people in a second, whatever `--rate` says. */
  readonly joinsPerPersonSecond?: number;
  /** Seconds of steady time between storms in which everybody types or looks, and the share that does. */
  readonly storm?: { readonly everySeconds: number; readonly share: number };
  /** As shares of the steady time; what happens where the generator is told how, or started the server itself. */
  readonly faults?: readonly { readonly at: number; readonly fault: FaultName }[];
}

export type FaultName = "gateway lost" | "rolling deploy" | "command";

/**
 * Places of one kind. `perPerson`: how many of them a person is in. `size`: members; or rooms whose sizes fall with
 * their rank, the first having `top` (a share of all people), the next `top / 2 ** zipf` ...
 */
export type PlacePlan =
  | { readonly kind: "direct"; readonly perPerson: number }
  | { readonly kind: "group" | "private" | "public"; readonly perPerson: number; readonly size: number }
  | { readonly kind: "public"; readonly zipf: number; readonly top: number; readonly perPerson: number }
  | { readonly kind: "hot"; readonly membersMax: number };
