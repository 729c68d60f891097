// Brings what the tests run against and npm does not: the system's Chromium and the cluster's real parts, while suites
// run that need neither. What is there already takes a moment only; what cannot be installed is said here, and by each
// test that needs it.

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { artifacts, root } from "#ops/root.ts";
import { asLast, leaveOthersFirst } from "#ops/test/last-in-line.ts";

const scripts = ["install-chromium", "install-parts"] as const;
const sayAfterMs = 3_000;
const linesShown = 5;

export async function installWhatTestsNeed(): Promise<void> {
  await mkdir(artifacts, { recursive: true });
  for (const script of scripts) {
    const log = join(artifacts, `${script}.log`);
    const child = Bun.spawn(asLast(["sh", join(root, "ops", `${script}.sh`)]), {
      stdin: "ignore",
      stdout: Bun.file(log),
      stderr: Bun.file(log),
      detached: true,
    });
    leaveOthersFirst(child.pid);
    const end = () => child.kill();
    process.once("exit", end);
    const waiting = setTimeout(() => console.log(`${script}: a first time takes minutes`), sayAfterMs);
    const code = await child.exited;
    clearTimeout(waiting);
    process.off("exit", end);
    if (code === 0) continue;
    const last = (await Bun.file(log).text()).trimEnd().split("\n").slice(-linesShown);
    console.error([`${script}.sh failed; tests that need it will say so. ${log} ends:`, ...last].join("\n"));
  }
}
