// The pause: the server lets go, the old database is fenced, the last of it arrives and is compared, and the server
// comes back on the new one. Whatever fails before that last step, it comes back on the old one.

import { carryOutbox } from "#adapters/postgres/copying/carry-outbox.ts";
import { fence, processesConnected } from "#adapters/postgres/copying/fence.ts";
import type { Link } from "#adapters/postgres/copying/link.ts";
import { arrived } from "#adapters/postgres/copying/subscription.ts";
import { askControl } from "#app/control.ts";
import { StartProblem } from "#app/start-problem.ts";
import type { Parties } from "./parties.ts";
import { leaveFence, type MoveState, saveState } from "./state.ts";
import type { Verifier } from "./verify.ts";

const renewEveryMs = 2_000;
const arriveWithinMs = 30_000;

/** The length of each step in milliseconds, in their order. */
export type Pause = readonly (readonly [step: string, ms: number])[];

export interface CutOver {
  readonly dataDir: string;
  readonly state: MoveState;
  readonly parties: Parties;
  readonly verifier: Verifier;
  /** Other processes of Banyan on the old database are cut off, instead of being a reason to give up. */
  readonly cutOffOthers: boolean;
}

export async function cutOver(move: CutOver): Promise<Pause> {
  const { dataDir, state } = move;
  const pause: [string, number][] = [];
  const step = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    const began = performance.now();
    const done = await work();
    pause.push([name, Math.round(performance.now() - began)]);
    return done;
  };
  saveState(dataDir, { ...state, phase: "fenced" });
  const renewing = setInterval(() => void askControl(dataDir, "renew").catch(() => {}), renewEveryMs);
  try {
    await step("the server lets go", () => askControl(dataDir, "pause"));
    await transfer(move, step);
    await step("the server comes back", () =>
      askControl(dataDir, "switch", { without: state.without, values: state.values }),
    );
    return pause;
  } catch (error) {
    // It may have come back by itself: then there is nothing to take back.
    await askControl(dataDir, "resume").catch(() => {});
    const { is } = await askControl(dataDir, "state").catch(() => ({ is: "gone" }));
    if (is === "serving") leaveFence(dataDir, "copying");
    throw error;
  } finally {
    clearInterval(renewing);
  }
}

type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

async function transfer({ parties, verifier, cutOffOthers }: CutOver, step: Step): Promise<void> {
  const { source, target } = parties;
  const others = await othersConnected(source);
  if (others > 0 && !cutOffOthers)
    throw new StartProblem(
      `Other processes of Banyan are still connected to the old database (${others} connections).`,
      "Stop them first, so that only this one serves; or give --cut-off-others.",
    );
  await step("the old database is fenced", () => fence(source));
  await step("the last changes arrive", () => arrived(source, target, arriveWithinMs));
  await step("both are compared", async () => {
    const { differing } = await verifier.finish();
    if (differing.length > 0) throw new Error(`the copy differs: ${differing.join(", ")}`);
  });
  // Its commit is a synchronous one, and with it everything that was applied before is as safe.
  await step("the outbox is carried over", () => carryOutbox(source, target));
  await fence(source);
}

/** The server's own connections take a moment to end. */
async function othersConnected(source: Link): Promise<number> {
  const deadline = performance.now() + 2_000;
  for (;;) {
    const others = await processesConnected(source);
    if (others === 0 || performance.now() > deadline) return others;
    await Bun.sleep(10);
  }
}
