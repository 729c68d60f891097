// What a logged-in session costs that does nothing, a member of 50 conversations: memory, bytes and CPU.
// Memory is the slope between few and many sessions, so that the process itself is not divided among them.

import { type Crowd, gather } from "#bench/driver/crowd.ts";
import { cpuUsOf, memoryOf, tcpKernelKiB } from "#bench/driver/process-tree.ts";
import { traffic } from "#bench/driver/web-socket.ts";
import type { Figures, Journey, Scene } from "#bench/journey.ts";
import { besideBanyan, type RunningTarget } from "#bench/targets/target.ts";

/** As few as are enough for code and caches to be warm. */
const warmShare = 0.1;
const deaf = { acked() {}, refused() {}, delivered() {}, saw() {} };

export const idleJourney: Journey = {
  name: "idle",
  title: "idle sessions in 50 conversations each",
  targets: ["banyan", ...besideBanyan],
  async run(scene) {
    const server = await scene.start();
    const seats = scene.target.crowd(scene.sizes.crowd);
    const dialect = scene.target.dialect(scene.seed);
    const bring = (from: number, to: number) =>
      gather({ port: server.port, dialect, seats: seats.slice(from, to), ear: deaf, withinMs: 120_000 });
    const crowds: Crowd[] = [];
    const warmSessions = Math.floor(seats.length * warmShare);
    try {
      crowds.push(await bring(0, warmSessions));
      await rest(scene, server);
      const few = { ...memoryOf(server.pids), kernelKiB: tcpKernelKiB() };
      const startedAt = performance.now();
      crowds.push(await bring(warmSessions, seats.length));
      scene.say(`${seats.length} sessions are live after ${Math.round(performance.now() - startedAt)} ms`);
      await rest(scene, server);
      const idle = await watch(scene, server, seats.length);
      const many = { ...memoryOf(server.pids), kernelKiB: tcpKernelKiB() };
      const added = seats.length - warmSessions;
      for (const crowd of crowds)
        for (const [why, count] of crowd.lost) scene.warn(`${count} idle sessions were lost: ${why}`);
      return {
        ...idle,
        "idle.serverKiB": (many.serverKiB - few.serverKiB) / added,
        "idle.withPostgresKiB": (many.serverKiB + many.postgresKiB - few.serverKiB - few.postgresKiB) / added,
        // Both ends of each connection are on this machine.
        "idle.kernelKiB": (many.kernelKiB - few.kernelKiB) / added / 2,
        "idle.wholeProcessKiB": many.serverKiB / seats.length,
      };
    } finally {
      for (const crowd of crowds) crowd.close();
    }
  },
};

/**
 * Until the server's memory has stood still. The collector of the runtimes takes up to half a minute to look again
 * after work has ended, so a short calm is no rest yet.
 */
async function rest(scene: Scene, server: RunningTarget): Promise<void> {
  const { calmSeconds } = scene.sizes;
  let lowest = memoryOf(server.pids).serverKiB;
  let calm = 0;
  for (let second = 0; second < calmSeconds * 4 && calm < calmSeconds; second++) {
    await Bun.sleep(1000);
    const now = memoryOf(server.pids).serverKiB;
    calm = now < lowest * 0.99 ? 0 : calm + 1;
    lowest = Math.min(lowest, now);
  }
}

async function watch(scene: Scene, server: RunningTarget, sessions: number): Promise<Figures> {
  const before = { ...traffic, cpuUs: cpuUsOf(server.pids), at: performance.now() };
  await Bun.sleep(scene.sizes.idleSeconds * 1000);
  const hours = (performance.now() - before.at) / 3_600_000;
  const bytes = traffic.bytesIn - before.bytesIn + traffic.bytesOut - before.bytesOut;
  return {
    "idle.bytesPerHour": bytes / sessions / hours,
    "idle.cpuMsPerHour": (cpuUsOf(server.pids) - before.cpuUs) / 1000 / sessions / hours,
  };
}
