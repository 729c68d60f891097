// A disc with initials, in a hue that belongs to the id: the same person looks the same everywhere.

import type { ComponentChildren } from "preact";

export function Avatar(props: {
  of: string;
  name: string;
  small?: boolean;
  room?: boolean;
  online?: boolean;
  children?: ComponentChildren;
}) {
  const kind = `${props.small ? " is-small" : ""}${props.room ? " is-room" : ""}`;
  return (
    <span class={`avatar${kind}`} style={{ "--hue": hueOf(props.of) }}>
      <span aria-hidden="true">{props.children ?? initials(props.name)}</span>
      {props.online && <span class="dot" role="img" aria-label="online" title="Online" />}
    </span>
  );
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): ids made at nearly the same time differ in hue, too. */
function hueOf(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return (hash >>> 8) % 360;
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/u);
  const letters = [words[0], words.length > 1 ? words.at(-1) : ""].map((word) => [...(word ?? "")][0] ?? "");
  return letters.join("").toUpperCase() || "?";
}
