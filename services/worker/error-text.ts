// An error as it may be kept: its class and its text without what is quoted in it, since that may be content.

const textMax = 200;

export function withoutContent(error: unknown): string {
  if (!(error instanceof Error)) return "not an error";
  const text = error.message.replace(/(["'`])(?:(?!\1).)*\1/gs, "$1...$1").replace(/\s+/g, " ");
  return `${error.name}: ${text.length > textMax ? `${text.slice(0, textMax)}...` : text}`;
}
