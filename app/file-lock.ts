// flock(2) on an open file: exclusive, without waiting, ended by the kernel when the process is gone. Bun has no
// call of its own for it, so this asks the C library.

import { dlopen, FFIType } from "bun:ffi";

const exclusive = 2;
const withoutWaiting = 4;

/** False when another process holds it. */
export function lockFile(descriptor: number): boolean {
  const library = openLibrary();
  try {
    return library.symbols.flock(descriptor, exclusive | withoutWaiting) === 0;
  } finally {
    library.close();
  }
}

function openLibrary() {
  const names =
    process.platform === "darwin"
      ? ["libSystem.B.dylib"]
      : ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  for (const name of names) {
    try {
      return dlopen(name, { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
    } catch {
      // The other C library of Linux has another name.
    }
  }
  throw new Error(`No C library found among ${names.join(", ")}: the data directory cannot be locked.`);
}
