// Before the load: who the people are and where they live on the server, and the jobs of the generator's processes.

import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { SQL } from "bun";
import { artifacts } from "#ops/root.ts";
import { ask } from "./api-client.ts";
import type { Job } from "./job.ts";
import { LoadProblem } from "./load-problem.ts";
import type { LoadOptions } from "./options.ts";
import { newPeople, type People, passwordOf, readPeople, writePeople } from "./people-file.ts";
import { register } from "./register.ts";
import { seedWorld } from "./seed-world.ts";
import type { LoadTarget, ServerAbout } from "./target.ts";
import { planWorld, type World } from "./world.ts";

const userIdsMax = 500;

export interface Prepared {
  readonly world: World;
  readonly people: People;
}

export async function preparePeople(
  options: LoadOptions,
  target: LoadTarget,
  say: (line: string) => void,
  isOver: () => boolean,
): Promise<Prepared> {
  const { profile, seed, people: count } = options;
  const world = planWorld(profile, count, seed);
  const plan = `${profile.name} version ${profile.version}, ${count} people, seed ${seed}`;
  const file = options.peopleFile ?? usualFile(options);
  const known = file === null ? null : readPeople(file);
  if (known && known.plan !== plan)
    throw new LoadProblem(
      `${file} holds the people of another plan: ${known.plan}.`,
      "Run that plan, or give another --people FILE.",
    );
  const isWhole = known?.people.length === count && known.rooms.length === world.rooms.length;
  if (known && isWhole) {
    const token = known.people[0]!.tokens[0]!;
    const answer = await ask(`${target.url}/v1/me`, token);
    if (answer.ok) return { world, people: known };
    throw new LoadProblem(
      `The people in ${file} are not known to the server (HTTP ${answer.status}).`,
      "It may be another server, or its data is new: remove that file, and people are made anew.",
    );
  }
  const keep = (people: People) => {
    if (file !== null) writePeople(file, people);
  };
  const database = openedDatabase(options, target);
  if (database) {
    const people = await seedWorld(database, world, plan, say).finally(() => database.close());
    keep(people);
    return { world, people };
  }
  const { url: api } = target;
  const people = await register(world, known ?? newPeople(plan, true), {
    api,
    seed,
    invitation: options.invitation,
    keep,
    say,
    isOver,
  });
  return { world, people };
}

/** Who has come by URL is made slowly, and kept; what is put into a database is made again as quickly. */
function usualFile({ url, profile, people, seed }: LoadOptions): string | null {
  if (url === null) return null;
  const host = new URL(url.split(",")[0]!).host.replaceAll(/[^\w.-]/g, "-");
  return join(artifacts, "load", `people-${host}-${profile.name}-${people}-${seed}.json`);
}

function openedDatabase(options: LoadOptions, target: LoadTarget): SQL | null {
  if (options.databaseUrl !== null) return new SQL({ url: options.databaseUrl, max: 2 });
  return target.database?.() ?? null;
}

export function jobsFor(
  options: LoadOptions,
  { world, people }: Prepared,
  target: LoadTarget,
  about: ServerAbout,
  processes: number,
): Job[] {
  const { profile, seed, rampMs, steadyMs } = options;
  const folder = join(artifacts, "load");
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true });
  // No other run in the same conversations has it, also not one with the same seed.
  const runTag = randomBytes(3).readUIntBE(0, 3);
  const online = world.people.length * profile.online;
  const sendsPerSecond = options.rate ?? profile.sendsPerPersonSecond * profile.timeScale * online;
  const roomsOf: (readonly [string, Job["rooms"][number][1], number])[][] = Array.from(
    { length: processes },
    () => [],
  );
  for (const { id, kind, members } of people.rooms)
    for (const worker of new Set(members.map((no) => no % processes)))
      roomsOf[worker]!.push([id, kind, members.length]);
  const every = Math.max(1, Math.floor(people.people.length / userIdsMax));
  const userIds = people.people.filter((_, no) => no % every === 0).map(({ user }) => user);
  const joinable = people.rooms.flatMap(({ id, kind }) => (kind === "public" ? [id] : []));
  return Array.from({ length: processes }, (_, worker): Job => {
    const own = people.people.flatMap(({ handle, tokens }, no) =>
      no % processes === worker
        ? [
            {
              no,
              handle,
              weight: world.people[no]!.weight,
              tokens,
              password: people.havePasswords ? passwordOf(seed, handle) : null,
            },
          ]
        : [],
    );
    return {
      worker,
      seed,
      runTag,
      profile,
      doors: target.doors,
      api: target.url,
      people: own,
      rooms: roomsOf[worker]!,
      userIds,
      joinable,
      sendsPerSecond,
      peopleInAll: world.people.length,
      rampMs,
      steadyMs,
      abilities: about.abilities,
      isInsecure: options.isInsecure,
      historyFile: options.history === null ? null : `${options.history}.${worker}`,
    };
  });
}
