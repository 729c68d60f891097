// The profiles by name.

import type { Profile } from "#bench/load/profile.ts";
import { community } from "./community.ts";
import { consumer } from "./consumer.ts";
import { disaster } from "./disaster.ts";
import { work } from "./work.ts";

export const profiles: Readonly<Record<string, Profile>> = { work, consumer, community, disaster };
