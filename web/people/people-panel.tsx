// Who is in a conversation, and what one may do about it: add, remove, give roles, rename, leave.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Person } from "#sdk/account-types.ts";
import type { ConversationItem, Member, Role } from "#sdk/conversation-types.ts";
import type { Client } from "#sdk/types.ts";
import { IconButton } from "#web/shell/icons.tsx";
import { Panel } from "#web/shell/panel.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { goHome } from "#web/shell/route.ts";
import { useTold } from "#web/shell/told.ts";
import { type Action, useAction } from "#web/shell/use-action.ts";
import { LeaveDialog } from "./leave-dialog.tsx";
import { PersonLine } from "./person-line.tsx";
import { PersonPicker } from "./person-picker.tsx";
import { RenameForm } from "./rename-form.tsx";
import { useMembers } from "./use-members.ts";

export function PeoplePanel(props: { client: Client; id: ConversationItem["id"]; onClose: () => void }) {
  const { client, id } = props;
  useTold(client, "conversations", "presence");
  const item = client.conversations.item(id);
  const people = useMembers(client, id);
  const isLeaving = useSignal(false);
  const action = useAction();

  const watched = people.members.slice(0, 200).map((member) => member.user);
  useEffect(
    () => (watched.length > 0 ? client.presence.watch(watched) : undefined),
    [client, watched.join()],
  );

  if (!item) return null;
  const isDirect = item.kind === "direct";
  const mayManage = !isDirect && item.role !== "member";
  return (
    <Panel title={isDirect ? "About" : "People"} onClose={props.onClose}>
      {mayManage && <RenameForm client={client} item={item} />}
      {(mayManage || item.kind === "channel") && (
        <AddPeople client={client} item={item} members={people.members} onAdded={people.again} />
      )}
      <section>
        <h3>{isDirect ? "The two of you" : `${item.memberCount} in here`}</h3>
        <Problem text={action.problem} />
        <ul aria-label="Members">
          {people.members.map((member) => (
            <MemberLine
              key={member.member}
              client={client}
              item={item}
              member={member}
              action={action}
              onChanged={people.again}
            />
          ))}
        </ul>
        {people.hasMore && (
          <button type="button" class="plain-button" onClick={people.more}>
            Show more
          </button>
        )}
      </section>
      {!isDirect && (
        <section>
          <button type="button" class="danger-button" onClick={() => (isLeaving.value = true)}>
            Leave {item.title}
          </button>
        </section>
      )}
      {isLeaving.value && (
        <LeaveDialog client={client} item={item} onClose={() => (isLeaving.value = false)} onLeft={goHome} />
      )}
    </Panel>
  );
}

const roleNames: Record<Role, string> = { owner: "Owner", admin: "Admin", member: "Member" };

function MemberLine(props: {
  client: Client;
  item: ConversationItem;
  member: Member;
  action: Action;
  onChanged: () => void;
}) {
  const { client, item, member, action } = props;
  const isMe = member.user === client.me?.user;
  const isOnline = client.presence.of(member.user)?.online;
  const note = `@${member.handle}${isMe ? ", you" : ""}`;
  const line = { person: member, online: isOnline, note };
  if (item.kind === "direct") return <PersonLine {...line} />;
  const roles = rolesToGive(item.role, member.role);
  const mayRemove = !isMe && (item.role === "owner" || (item.role === "admin" && member.role === "member"));
  return (
    <PersonLine {...line}>
      {roles.length > 0 && !isMe ? (
        <select
          aria-label={`Role of ${member.displayName}`}
          value={member.role}
          disabled={action.busy.value}
          onChange={(event) => {
            const role = event.currentTarget.value as Role;
            void action.run(() => client.conversations.setRole(item.id, member.user, role), props.onChanged);
          }}
        >
          {roles.map((role) => (
            <option key={role} value={role}>
              {roleNames[role]}
            </option>
          ))}
        </select>
      ) : (
        member.role !== "member" && <span class="person-note">{roleNames[member.role]}</span>
      )}
      {mayRemove && (
        <IconButton
          icon="close"
          label={`Remove ${member.displayName}`}
          disabled={action.busy.value}
          onClick={() =>
            void action.run(() => client.conversations.removeMember(item.id, member.user), props.onChanged)
          }
        />
      )}
    </PersonLine>
  );
}

/** Owners give any role; admins make members into admins and back. */
function rolesToGive(mine: Role, theirs: Role): readonly Role[] {
  if (mine === "owner") return ["owner", "admin", "member"];
  return mine === "admin" && theirs !== "owner" ? ["admin", "member"] : [];
}

function AddPeople(props: {
  client: Client;
  item: ConversationItem;
  members: readonly Member[];
  onAdded: () => void;
}) {
  const { client, item } = props;
  const isOpen = useSignal(false);
  const chosen = useSignal<readonly Person[]>([]);
  const action = useAction();
  const add = () =>
    action.run(
      () =>
        client.conversations.addMembers(
          item.id,
          chosen.value.map((person) => person.user),
        ),
      () => {
        chosen.value = [];
        isOpen.value = false;
        props.onAdded();
      },
    );
  if (!isOpen.value) {
    return (
      <section>
        <button type="button" class="plain-button" onClick={() => (isOpen.value = true)}>
          Add people
        </button>
      </section>
    );
  }
  return (
    <section>
      <h3>Add people</h3>
      <PersonPicker
        client={client}
        chosen={chosen}
        without={new Set(props.members.map((member) => member.user))}
      />
      <Problem text={action.problem} />
      <button
        type="button"
        class="main-button"
        disabled={chosen.value.length === 0 || action.busy.value}
        onClick={() => void add()}
      >
        Add
      </button>
    </section>
  );
}
