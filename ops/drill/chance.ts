// Repeatable chance for the drill: numbers in [0, 1) from a seed (mulberry32).

export interface Chance {
  fraction(): number;
  oneOf<T>(all: readonly T[]): T;
}

export function seededChance(seed: number): Chance {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return { fraction, oneOf: (all) => all[Math.floor(fraction() * all.length)]! };
}
