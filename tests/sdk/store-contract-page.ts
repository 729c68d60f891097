// Runs the stores' contract inside a page, on its IndexedDB; the test bundles it and calls `runContract`.

import { createIndexedDbStore } from "#sdk/store-indexeddb.ts";
import { storeContract } from "./store-contract.ts";

/** "kept", or why not. */
async function runContract(title: string): Promise<string> {
  const open = () => createIndexedDbStore(title);
  try {
    await storeContract[title]!(open(), open);
    return "kept";
  } catch (error) {
    return String(error);
  }
}

Object.assign(globalThis, { runContract });
