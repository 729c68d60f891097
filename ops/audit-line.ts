// What the delivery audit of running servers says, in one line: "lost 0 of N", read from their metrics.

export interface AuditSum {
  readonly checked: number;
  readonly lost: number;
  readonly late: number;
  readonly unchecked: number;
  readonly doubled: number;
  readonly lossySessions: number;
  readonly disbelieved: number;
  readonly sessions: number;
  /** How many servers answered. */
  readonly servers: number;
}

const counters = {
  checked: "banyan_audit_messages_checked_total",
  lost: "banyan_audit_messages_lost_total",
  late: "banyan_audit_messages_late_total",
  unchecked: "banyan_audit_messages_unchecked_total",
  doubled: "banyan_audit_messages_doubled_total",
  lossySessions: "banyan_audit_lossy_sessions_total",
  disbelieved: "banyan_audit_disbelieved_total",
  sessions: "banyan_audit_sessions",
} as const;

const answerWithinMs = 3_000;

/** Sums over the servers at these URLs; null where none has an audit to tell of. */
export async function readAudit(urls: readonly string[], token: string | null): Promise<AuditSum | null> {
  const texts = await Promise.all(urls.map((url) => metricsOf(url, token)));
  const told = texts.filter((text) => text?.includes(counters.checked)) as string[];
  if (told.length === 0) return null;
  const sum = (name: string) => told.reduce((total, text) => total + figureIn(text, name), 0);
  const sums = Object.entries(counters).map(([key, name]) => [key, sum(name)]);
  return { ...(Object.fromEntries(sums) as Omit<AuditSum, "servers">), servers: told.length };
}

/** The verdict first; after it what makes it weaker. */
export function auditLine(audit: AuditSum): string {
  const { checked, lost, late, unchecked, doubled, lossySessions, disbelieved, sessions } = audit;
  const remarks = [
    lost > 0 && `told by ${count(lossySessions, "session")}, ${late} of them shown late`,
    doubled > 0 && `${doubled} shown twice`,
    `${count(sessions, "session")} reporting now`,
    unchecked > 0 && `${unchecked} not checked`,
    disbelieved > 0 && `${count(disbelieved, "report")} disbelieved`,
  ];
  return `lost ${lost} of ${checked} messages checked (${remarks.filter(Boolean).join("; ")})`;
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

async function metricsOf(url: string, token: string | null): Promise<string | null> {
  try {
    const headers: Record<string, string> = token === null ? {} : { authorization: `Bearer ${token}` };
    const answer = await fetch(`${url}/metrics`, { headers, signal: AbortSignal.timeout(answerWithinMs) });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

function figureIn(metrics: string, name: string): number {
  return Number(new RegExp(`^${name} (\\S+)$`, "m").exec(metrics)?.[1] ?? 0);
}
