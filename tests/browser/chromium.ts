// Finds the system's Chromium, or has ops/install-chromium.sh install it, and starts it with a profile of its
// own. Where there is neither, the tests fail and say what to do; they are never skipped.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

const arguments_ = [
  "--headless",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
  "--lang=en-GB",
];

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const macPaths = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

export async function startChromium(): Promise<Browser> {
  const executablePath = findChromium() ?? (await installChromium());
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: [...arguments_, ...asRoot] });
}

function findChromium(): string | null {
  const wished = process.env.BANYAN_CHROMIUM;
  if (wished) {
    if (existsSync(wished)) return wished;
    throw new Error(`BANYAN_CHROMIUM names ${wished}, which does not exist`);
  }
  for (const name of names) {
    const found = Bun.which(name);
    if (found) return found;
  }
  return macPaths.find((path) => existsSync(path)) ?? null;
}

async function installChromium(): Promise<string> {
  const script = join(import.meta.dir, "../../ops/install-chromium.sh");
  const installing = Bun.spawn(["sh", script], { stdout: "inherit", stderr: "inherit" });
  const exitCode = await installing.exited;
  const found = exitCode === 0 ? findChromium() : null;
  if (found) return found;
  throw new Error(
    "The browser tests need Chromium. Install it (Debian: apt-get install chromium) or name it in BANYAN_CHROMIUM.",
  );
}
