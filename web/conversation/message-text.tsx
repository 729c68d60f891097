// A message's text: always text, never markup. Web addresses in it become links that open apart and tell the
// other site nothing.

import type { ComponentChild } from "preact";

const address = /\bhttps?:\/\/[^\s<>"'`]+/giu;

export function MessageText({ text }: { text: string }) {
  return <p>{[...parts(text)]}</p>;
}

function* parts(text: string): Generator<ComponentChild> {
  let at = 0;
  for (const match of text.matchAll(address)) {
    const link = withoutTrailingPoints(match[0]);
    if (!URL.canParse(link)) continue;
    if (match.index > at) yield text.slice(at, match.index);
    yield (
      <a href={link} target="_blank" rel="noopener noreferrer nofollow">
        {link}
      </a>
    );
    at = match.index + link.length;
  }
  if (at < text.length) yield text.slice(at);
}

/** "(see https://example.org/a)." links to https://example.org/a. */
function withoutTrailingPoints(link: string): string {
  const trimmed = link.replace(/[.,;:!?*_~\]}]+$/u, "");
  return trimmed.endsWith(")") && !trimmed.includes("(")
    ? withoutTrailingPoints(trimmed.slice(0, -1))
    : trimmed;
}
