// Times in the reader's own words and zone.

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const dayLong = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const dayWithYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });
const dayShort = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: "short" });
const whole = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "short" });

export function clockTime(at: number): string {
  return clock.format(at);
}

export function wholeTime(at: number): string {
  return whole.format(at);
}

export function dayKey(at: number): string {
  return new Date(at).toDateString();
}

/** For the separator between days. */
export function dayName(at: number, now = Date.now()): string {
  const days = daysBetween(at, now);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? dayLong : dayWithYear).format(at);
}

/** For the list of conversations: the clock today, then the weekday, then the date. */
export function briefTime(at: number, now = Date.now()): string {
  const days = daysBetween(at, now);
  if (days === 0) return clock.format(at);
  return (days < 7 ? weekday : dayShort).format(at);
}

function daysBetween(at: number, now: number): number {
  const midnight = (time: number) => new Date(time).setHours(0, 0, 0, 0);
  return Math.round((midnight(now) - midnight(at)) / 86_400_000);
}
