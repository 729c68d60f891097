// Payloads with some bytes changed, put in or taken out: the same ones in every run for the same seed.

import { bytesOfHex } from "./golden-files.ts";

/** Whole values, headers that claim too much, and what never occurs in a frame. */
const fragments = (
  "c0 c1 c2 c3 90 91 92 9f dc0001 dd00000002 dcffff ddffffffff a0 a161 a100 a2c3a9 a2c328 a3eda080 d90161 da000161 " +
  "db0000000161 dbffffffff c400 c40107 c500100102030405060708090a0b0c0d0e0f10 c500080102030405060708 c6ffffffff ff " +
  "e0 d0ff d1ffff d2ffffffff d3ffffffffffffffff d07f d17fff d200010000 d30000000000000005 cf0000000000000005 " +
  "cf001fffffffffffff cf0020000000000000 ca40000000 ca3fc00000 cb4014000000000000 cb7ff8000000000000 " +
  "cb7ff0000000000000 ca7fc00000 80 81a16101 de0000 d40000 d6ff00000000 c70100 919191919191919191 919191919101 9190 " +
  "c41001930f2c7d1e7c3a9f005a2b3c4d5e6f c4080001020304050607 cc05 cd0005 ce00000005"
)
  .split(" ")
  .map(bytesOfHex);

export function mutationsOf(seed: string, bytes: Uint8Array, count: number): Uint8Array<ArrayBuffer>[] {
  const below = chance(seed);
  return Array.from({ length: count }, () => {
    let mutated = [...bytes];
    for (let edits = 1 + below(3); edits > 0; edits--) mutated = edited(mutated, below);
    return new Uint8Array(mutated);
  });
}

function edited(bytes: readonly number[], below: (limit: number) => number): number[] {
  const at = below(bytes.length + 1);
  const [before, after] = [bytes.slice(0, at), bytes.slice(at)];
  switch (below(4)) {
    case 0:
      return [...before, below(256), ...after.slice(1)];
    case 1:
      return [...before, ...after.slice(1 + below(4))];
    case 2:
      return [...before, (after[0] ?? 0) + 1, ...after.slice(1)];
    default:
      return [...before, ...fragments[below(fragments.length)]!, ...after.slice(below(3))];
  }
}

/** Whole numbers below a limit, by xorshift32 from the text's FNV-1a hash. */
function chance(seed: string): (limit: number) => number {
  let state = 0x811c9dc5;
  for (const character of seed) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
