// A row of values as one line of a terminal: eight heights from the least to the greatest value.

const steps = "▁▂▃▄▅▆▇█";

export function sparkline(values: readonly (number | null)[]): string {
  const known = values.filter((value) => value !== null);
  const [min, max] = [Math.min(...known), Math.max(...known)];
  return values
    .map((value) => {
      if (value === null) return " ";
      // Values that differ by less than a twentieth are the same height: noise must not look like a mountain.
      const span = Math.max(max - min, Math.abs(max) * 0.05);
      if (span === 0) return steps[0];
      const height = ((value - min + (span - (max - min)) / 2) / span) * (steps.length - 1);
      return steps[Math.round(height)];
    })
    .join("");
}
