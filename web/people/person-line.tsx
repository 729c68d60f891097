// One person in a list: picture, name, a note, and what can be done.

import type { ComponentChildren } from "preact";
import type { Person } from "#sdk/account-types.ts";
import { Avatar } from "#web/shell/avatar.tsx";

/** How somebody is called for certain, and whether a program is meant. */
export function handleNote({ handle, isBot }: Person): string {
  return isBot ? `@${handle} · bot` : `@${handle}`;
}

export function PersonLine(props: {
  person: Person;
  note?: string;
  online?: boolean;
  children?: ComponentChildren;
}) {
  const { person } = props;
  return (
    <li class="person">
      <Avatar of={person.user} name={person.displayName} online={props.online} />
      <div>
        <span class="person-name">{person.displayName}</span>
        <span class="person-note">{props.note ?? handleNote(person)}</span>
      </div>
      {props.children && <div class="person-acts">{props.children}</div>}
    </li>
  );
}
