// How soon a server is there: the first time, when it makes its database, and every time after that. The best of a few
// starts, which is what a start takes when nothing disturbs it.

import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { Journey, Scene } from "#bench/journey.ts";

const rounds = 3;

export const startJourney: Journey = {
  name: "start",
  title: "starts",
  targets: ["banyan"],
  async run(scene) {
    const first: number[] = [];
    const later: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const folder = join(scene.folder, `start-${round}`);
      mkdirSync(folder, { recursive: true });
      first.push(await startMs(scene, folder));
      later.push(await startMs(scene, folder));
      rmSync(folder, { recursive: true, force: true });
    }
    const figures = { "start.firstMs": Math.min(...first), "start.laterMs": Math.min(...later) };
    const told = (times: readonly number[]) => times.map(Math.round).join(", ");
    scene.say(`ready after ${told(first)} ms the first time, ${told(later)} ms later`);
    return figures;
  },
};

/** Until it says that it is ready; then it is stopped. */
async function startMs(scene: Scene, folder: string): Promise<number> {
  const startedAt = performance.now();
  const server = await scene.start({ cores: null, folder });
  const tookMs = performance.now() - startedAt;
  await server.stop();
  return tookMs;
}
