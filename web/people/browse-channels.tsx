// The channels that one may join.

import type { Channel } from "#sdk/account-types.ts";
import type { Client } from "#sdk/types.ts";
import { Avatar } from "#web/shell/avatar.tsx";
import { Dialog } from "#web/shell/dialog.tsx";
import { Icon } from "#web/shell/icons.tsx";
import { Problem } from "#web/shell/problem.tsx";
import { goTo } from "#web/shell/route.ts";
import { useAction } from "#web/shell/use-action.ts";
import { useSearch } from "./use-search.ts";

export function BrowseChannels(props: { client: Client; onClose: () => void }) {
  const { client } = props;
  const { words, found, problem } = useSearch((sought) => client.directory.channels(sought, 50));
  const joining = useAction();

  const open = (channel: Channel) => {
    props.onClose();
    goTo(channel.conversation);
  };
  const join = (channel: Channel) =>
    joining.run(
      () => client.conversations.join(channel.conversation),
      () => open(channel),
    );
  return (
    <Dialog title="Channels" onClose={props.onClose}>
      <div class="dialog-body">
        <input
          type="search"
          placeholder="Search channels"
          aria-label="Search channels"
          value={words.value}
          onInput={(event) => {
            words.value = event.currentTarget.value;
          }}
        />
        <Problem text={problem} />
        <Problem text={joining.problem} />
        <ul class="found" aria-label="Channels">
          {found.value?.map((channel) => (
            <li class="person" key={channel.conversation}>
              <Avatar of={channel.conversation} name={channel.title} room>
                <Icon name="hash" />
              </Avatar>
              <div>
                <span class="person-name">{channel.title}</span>
                <span class="person-note">
                  {channel.memberCount === 1 ? "1 person" : `${channel.memberCount} people`}
                </span>
              </div>
              <button
                type="button"
                class={channel.joined ? "plain-button" : "main-button"}
                aria-label={`${channel.joined ? "Open" : "Join"} ${channel.title}`}
                disabled={joining.busy.value}
                onClick={() => (channel.joined ? open(channel) : void join(channel))}
              >
                {channel.joined ? "Open" : "Join"}
              </button>
            </li>
          ))}
          {found.value?.length === 0 && <li class="hint">No channels yet. Begin one with +.</li>}
        </ul>
      </div>
    </Dialog>
  );
}
