// Words for amounts, so that a configured number shows its unit where it is written.

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const secondMs = 1000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;
