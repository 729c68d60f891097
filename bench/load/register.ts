// Makes a run's people and conversations over the API, at a pace that leaves the server room, and keeps what there is
// after every step, so that an interrupted run goes on where it was.

import { type Answer, ask, codeOf } from "./api-client.ts";
import { LoadProblem } from "./load-problem.ts";
import { type KnownPerson, type KnownRoom, type People, passwordOf } from "./people-file.ts";
import type { PlaceKind } from "./profile.ts";
import type { World } from "./world.ts";

const atOnce = 8;
const addAtOnce = 200;
/** Told to wait longer than this, people are not made: the limit is not one of a busy moment. */
const patienceMs = 15_000;
const keepEvery = 50;
const apiKind: Readonly<Record<PlaceKind, string>> = {
  direct: "direct",
  group: "group",
  private: "group",
  public: "channel",
  hot: "channel",
};

export interface Registration {
  readonly api: string;
  readonly seed: number;
  readonly invitation: string | null;
  readonly keep: (people: People) => void;
  readonly say: (line: string) => void;
  /** Somebody has enough of waiting. */
  readonly isOver: () => boolean;
}

export async function register(world: World, known: People, to: Registration): Promise<People> {
  const people: KnownPerson[] = [...known.people];
  const rooms: KnownRoom[] = [...known.rooms];
  const now = (): People => ({ ...known, people, rooms });
  const step = async <T>(list: T[], count: number, what: string, make: (no: number) => Promise<T>) => {
    while (list.length < count) {
      if (to.isOver()) {
        to.keep(now());
        throw new LoadProblem(
          "Ended by hand while people were made.",
          "They are kept: run it again to go on.",
        );
      }
      const numbers = Array.from(
        { length: Math.min(atOnce, count - list.length) },
        (_, i) => list.length + i,
      );
      list.push(...(await Promise.all(numbers.map(make))));
      if (list.length % keepEvery < atOnce || list.length === count) {
        to.keep(now());
        to.say(`${list.length} of ${count} ${what}`);
      }
    }
  };
  await step(people, world.people.length, "people", (no) => signUp(world, no, to));
  await step(rooms, world.rooms.length, "conversations", (no) => create(world, no, people, to));
  return now();
}

async function signUp(world: World, no: number, to: Registration): Promise<KnownPerson> {
  const { handle, displayName, devices } = world.people[no]!;
  const password = passwordOf(to.seed, handle);
  const invitation = to.invitation === null ? {} : { invitation: to.invitation };
  const body = { handle, displayName, password, device: "load 1", ...invitation };
  let answer = await patiently(() => ask(`${to.api}/v1/accounts`, null, "POST", body), "sign-ups");
  // Made by a run that could not note it any more.
  if (!answer.ok && codeOf(answer) === "handle_taken") answer = await logIn(handle, password, 1, to);
  if (!answer.ok) throw signUpProblem(answer);
  const first = answer.body as { account: { user: string }; token: string };
  const tokens = [first.token];
  while (tokens.length < devices) {
    const more = await logIn(handle, password, tokens.length + 1, to);
    if (!more.ok) throw new LoadProblem(`${handle} cannot log in: ${codeOf(more)}.`, "Look at its log.");
    tokens.push((more.body as { token: string }).token);
  }
  return { handle, user: first.account.user, tokens };
}

function logIn(handle: string, password: string, device: number, to: Registration): Promise<Answer> {
  const body = { handle, password, device: `load ${device}` };
  return patiently(() => ask(`${to.api}/v1/sessions`, null, "POST", body), "log-ins");
}

function signUpProblem(answer: Answer): LoadProblem {
  const code = codeOf(answer);
  if (code === "sign_up_closed")
    return new LoadProblem(
      "The server does not let new people sign up.",
      "Start it with --sign-up open, give people that exist with --people FILE, or an --invitation.",
    );
  if (code === "invitation_invalid")
    return new LoadProblem(
      "The server does not take this invitation.",
      "It may be used up: give --invitation another one, or start the server with --sign-up open.",
    );
  if (code === "handle_taken" || code === "wrong_credentials" || code === "not_authenticated")
    return new LoadProblem(
      "Somebody else has made people by these names.",
      "Choose another --seed, or give the --people FILE of that run.",
    );
  return new LoadProblem(`A person could not be made: ${code}.`, "Look at the server's log.");
}

async function create(
  world: World,
  no: number,
  people: readonly KnownPerson[],
  to: Registration,
): Promise<KnownRoom> {
  const { kind, title, members } = world.rooms[no]!;
  const token = people[members[0]!]!.tokens[0]!;
  const users = members.slice(1).map((it) => people[it]!.user);
  const first = users.slice(0, addAtOnce);
  const body = kind === "direct" ? { kind, users } : { kind: apiKind[kind], title, users: first };
  const made = await patiently(() => ask(`${to.api}/v1/conversations`, token, "POST", body), "requests");
  if (!made.ok)
    throw new LoadProblem(`A conversation could not be made: ${codeOf(made)}.`, "Look at the server's log.");
  const id = (made.body as { conversation: string }).conversation;
  for (let from = addAtOnce; from < users.length && kind !== "direct"; from += addAtOnce) {
    const more = { users: users.slice(from, from + addAtOnce) };
    const added = await patiently(
      () => ask(`${to.api}/v1/conversations/${id}/members`, token, "POST", more),
      "requests",
    );
    if (!added.ok)
      throw new LoadProblem(`Members could not be added: ${codeOf(added)}.`, "Look at the server's log.");
  }
  return { id, kind, members };
}

const liftedBy: Readonly<Record<string, string>> = {
  "sign-ups": "--sign-ups-per-hour",
  "log-ins": "--log-ins-per-minute",
  requests: "--requests-per-minute",
};

/** Waits as it is told, where that is soon; says which option lifts the limit where it is not. */
async function patiently(request: () => Promise<Answer>, what: string): Promise<Answer> {
  for (let tries = 0; ; tries++) {
    const answer = await request();
    const mayPass = answer.status === 429 || answer.status === 503 || answer.status === 0;
    if (!mayPass || tries > 20) return answer;
    if (answer.status === 429 && answer.retryAfterMs > patienceMs)
      throw new LoadProblem(
        `The server's limit of ${what} is reached; more in ${Math.ceil(answer.retryAfterMs / 1000)} s.`,
        `Start it with a higher ${liftedBy[what]}, or put people into its database with --database-url. What is made is kept.`,
      );
    await Bun.sleep(answer.retryAfterMs);
  }
}
