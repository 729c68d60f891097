// The server's half of a move: it can let go of its database for a moment and come back on the same one or on
// another, in the same process and on the same port. It alone decides: when the one who asked falls silent, it takes
// the fence down and goes on where it was.

import { existsSync, realpathSync, renameSync, rmSync } from "node:fs";
import { unfence } from "#adapters/postgres/copying/fence.ts";
import { type Link, linkTo } from "#adapters/postgres/copying/link.ts";
import { placeIn } from "#adapters/postgres/embedded/place.ts";
import { holdEmbedded } from "#adapters/postgres/embedded/start.ts";
import type { Assembled } from "#app/assemble.ts";
import { carriedPostgres } from "#app/carried.ts";
import { changedConfig, configFileText, saveConfigFileText } from "#app/config/save-config-file.ts";
import type { Config } from "#app/config.ts";
import type { ControlActions } from "#app/control.ts";
import type { Log } from "#app/telemetry/log.ts";
import { fencedState, leaveFence, readState } from "./state.ts";

export interface MoveServer {
  readonly url: string;
  readonly actions: ControlActions;
  stop(hurry: AbortSignal): Promise<void>;
}

export interface MoveServerNeeds {
  readonly config: Config;
  /** From flags, environment and the file as it is now. */
  readonly reload: () => Config;
  /** Options given as flags or in the environment, which go before the file. */
  readonly pinned: readonly string[];
  readonly assemble: (config: Config) => Promise<Assembled>;
  readonly log: Log;
}

type Held = Awaited<ReturnType<typeof holdEmbedded>>;
type State =
  | { readonly is: "serving"; readonly server: Assembled }
  | { readonly is: "moving" }
  | { readonly is: "paused"; lease: Timer };

const leaseMsMax = 10_000;
/** Commands under way are answered by then; what is not, its sender says again. */
const answerWithinMs = 100;

export async function startMoveServer(needs: MoveServerNeeds): Promise<MoveServer> {
  const { log } = needs;
  let config = needs.config;
  const { dataDir } = config;
  let held: Held | null = null;
  let lease = leaseMsMax;
  await mendFence();
  const first = await needs.assemble(config);
  let state: State = { is: "serving", server: first };
  await letGo();
  const { url } = first;
  const port = Number(new URL(url).port);

  /** A server that ended in the middle of a move finds its database fenced. */
  async function mendFence(): Promise<void> {
    const left = fencedState(dataDir);
    if (!left) return;
    if (usesEmbedded(config) === (left.direction === "back")) return leaveFence(dataDir, "moved");
    log.warn("a move was broken off; this server goes on where it was");
    await hold();
    await withSource(unfence);
    leaveFence(dataDir, "copying");
  }

  async function hold(): Promise<Held | null> {
    if (!usesEmbedded(config) || held) return held;
    held = await holdEmbedded({ dataDir, binariesFolder: await carriedPostgres(dataDir) });
    return held;
  }

  async function letGo(): Promise<void> {
    const was = held;
    held = null;
    await was?.stop();
  }

  async function withSource(work: (link: Link) => Promise<void>): Promise<void> {
    const link = linkTo(
      usesEmbedded(config) ? held! : { url: readState(dataDir)?.adminUrl ?? config.postgresUrl! },
    );
    try {
      await work(link);
    } finally {
      await link.close();
    }
  }

  async function assembleOnSamePort(): Promise<void> {
    const server = await needs.assemble(Object.freeze({ ...config, port: port || config.port }));
    state = { is: "serving", server };
  }

  function renewed(): Timer {
    return setTimeout(() => {
      if (state.is !== "paused") return;
      log.error("the move fell silent; this server goes on where it was");
      void goOn().catch((error) => log.error("the server could not go on", error));
    }, lease);
  }

  function takePause(): void {
    if (state.is !== "paused") throw new Error("it is not paused");
    clearTimeout(state.lease);
    state = { is: "moving" };
  }

  /** On the same database as before. */
  async function goOn(): Promise<void> {
    takePause();
    try {
      await withSource(unfence);
    } finally {
      await assembleOnSamePort();
    }
    leaveFence(dataDir, "copying");
    log.warn("the move was taken back");
  }

  const actions: ControlActions = {
    state: () => ({
      is: state.is,
      embedded: usesEmbedded(config),
      pinned: needs.pinned,
      url,
      pid: process.pid,
    }),
    /** The embedded PostgreSQL beside the cluster's. `anew`: what was left of an earlier time is put aside. */
    async openEmbedded({ anew }: { anew?: boolean }) {
      if (anew && !held && !usesEmbedded(config)) putAside(dataDir);
      held ??= await holdEmbedded({ dataDir, binariesFolder: await carriedPostgres(dataDir) });
    },
    /** A copy into it was given up. */
    async dropEmbedded() {
      if (usesEmbedded(config)) throw new Error("it is in use");
      await letGo();
      rmSync(placeIn(realpathSync(dataDir)).folder, { recursive: true, force: true });
    },
    closeEmbedded: letGo,
    async pause({ leaseMs }: { leaseMs?: number }) {
      lease = Math.min(leaseMs ?? leaseMsMax, leaseMsMax);
      if (state.is !== "serving") throw new Error("it is moving already");
      const { server } = state;
      state = { is: "moving" };
      await hold();
      log.info("paused for a move");
      await server.stop(AbortSignal.timeout(answerWithinMs));
      state = { is: "paused", lease: renewed() };
    },
    renew() {
      if (state.is !== "paused") throw new Error("it is not paused");
      clearTimeout(state.lease);
      state = { is: "paused", lease: renewed() };
    },
    resume: goOn,
    /** `without`: keys that leave banyan.config.json; `values`: those that enter. */
    async switch({ without, values }: { without: string[]; values: Record<string, unknown> }) {
      takePause();
      const before = { config, text: configFileText(dataDir) };
      try {
        saveConfigFileText(dataDir, changedConfig(before.text, without, values));
        config = needs.reload();
        await assembleOnSamePort();
      } catch (error) {
        log.error("the move failed at its last step", error);
        saveConfigFileText(dataDir, before.text);
        config = before.config;
        state = { is: "paused", lease: renewed() };
        await goOn();
        throw error;
      }
      leaveFence(dataDir, "moved");
      log.info("moved", { url });
    },
  };

  return {
    url,
    actions,
    async stop(hurry) {
      if (state.is === "serving") await state.server.stop(hurry);
      else if (state.is === "paused") {
        takePause();
        await withSource(unfence).catch((error) => log.error("the fence stayed", error));
      }
      await letGo();
    },
  };
}

/** Kept until the operator deletes it: until then there is a way back to that day. */
function putAside(dataDir: string): void {
  const { folder } = placeIn(realpathSync(dataDir));
  if (existsSync(folder)) renameSync(folder, `${folder}.left-${Date.now()}`);
}

export function usesEmbedded(config: Pick<Config, "postgresUrl">): boolean {
  return config.postgresUrl === null;
}
