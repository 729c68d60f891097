// Finds people by handle or name, and keeps the ones that were chosen.

import type { Signal } from "@preact/signals";
import type { Person } from "#sdk/account-types.ts";
import type { Client } from "#sdk/types.ts";
import { Avatar } from "#web/shell/avatar.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { handleNote } from "./person-line.tsx";
import { useSearch } from "./use-search.ts";

export function PersonPicker(props: {
  client: Client;
  chosen: Signal<readonly Person[]>;
  /** One person only: choosing another one replaces them. */
  single?: boolean;
  /** Who is not offered, such as those who are in already. */
  without?: ReadonlySet<string>;
}) {
  const { client, chosen } = props;
  const { words, found, problem } = useSearch((sought) => client.directory.search(sought, 20));

  const isChosen = (person: Person) => chosen.value.some((one) => one.user === person.user);
  const toggle = (person: Person) => {
    if (isChosen(person)) chosen.value = chosen.value.filter((one) => one.user !== person.user);
    else chosen.value = props.single ? [person] : [...chosen.value, person];
  };
  const offered = (found.value ?? []).filter(
    (person) => person.user !== client.me?.user && !props.without?.has(person.user),
  );
  return (
    <div>
      <input
        type="search"
        placeholder="Search people"
        aria-label="Search people"
        value={words.value}
        onInput={(event) => {
          words.value = event.currentTarget.value;
        }}
      />
      <Chosen people={chosen.value} onRemove={toggle} />
      <Problem text={problem} />
      <ul class="found" aria-label="People found">
        {offered.map((person) => (
          <li key={person.user}>
            <button
              type="button"
              class="person"
              aria-pressed={isChosen(person)}
              onClick={() => toggle(person)}
            >
              <Avatar of={person.user} name={person.displayName} />
              <span>
                <span class="person-name">{person.displayName}</span>
                <span class="person-note">{handleNote(person)}</span>
              </span>
            </button>
          </li>
        ))}
        {found.value && offered.length === 0 && <li class="hint">Nobody else found.</li>}
      </ul>
    </div>
  );
}

function Chosen(props: { people: readonly Person[]; onRemove: (person: Person) => void }) {
  if (props.people.length === 0) return null;
  return (
    <div class="chosen">
      {props.people.map((person) => (
        <button
          type="button"
          key={person.user}
          aria-label={`Take out ${person.displayName}`}
          onClick={() => props.onRemove(person)}
        >
          {person.displayName} ×
        </button>
      ))}
    </div>
  );
}
