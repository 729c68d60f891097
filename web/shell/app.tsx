// The whole page: the door for who is not logged in, else the list, the open conversation and a panel beside it.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Client } from "#sdk/types.ts";
import { ConversationList } from "#web/conversation/conversation-list.tsx";
import { ConversationPage } from "#web/conversation/conversation-page.tsx";
import { BrowseChannels } from "#web/people/browse-channels.tsx";
import { NewConversation } from "#web/people/new-conversation.tsx";
import { PeoplePanel } from "#web/people/people-panel.tsx";
import { SettingsPanel } from "#web/settings/settings-panel.tsx";
import { Avatar } from "./avatar.tsx";
import { Banner } from "./banner.tsx";
import { IconButton } from "./icons.tsx";
import { LiveRegion } from "./live-region.tsx";
import { goHome, route } from "./route.ts";
import { SignIn } from "./sign-in.tsx";
import { useTold } from "./told.ts";

export function App({ client }: { client: Client }) {
  useTold(client, "state", "me");
  const isLeaving = useSignal(false);
  const { state, me } = client;
  if (state.kind === "stopped" && state.reason === "unsupported_version") return <TooOld />;
  if (state.kind === "stopped") {
    const wasOut = state.reason === "not_authenticated" && me !== null && !isLeaving.value;
    return (
      <SignIn
        client={client}
        notice={wasOut ? "You were logged out on this device." : ""}
        onIn={() => {
          isLeaving.value = false;
          void client.start();
        }}
      />
    );
  }
  if (!me) return <p class="empty">Opening Banyan…</p>;
  return <Rooms client={client} onOut={() => (isLeaving.value = true)} />;
}

type Overlay = "none" | "people" | "settings" | "new" | "channels";

function Rooms({ client, onOut }: { client: Client; onOut: () => void }) {
  const overlay = useSignal<Overlay>("none");
  const conversation = route.value.conversation;
  const close = () => {
    overlay.value = "none";
  };
  useTold(client, "me");
  useUnreadTitle(client);
  useEffect(() => client.on("left", (id) => route.value.conversation === id && goHome()), [client]);
  useEffect(() => {
    if (route.value.invitation) goHome(); // who is in needs none
  }, []);
  useEffect(() => {
    if (overlay.value === "people") close();
  }, [conversation]);

  const account = client.me?.account;
  return (
    <div class="app" data-pane={conversation || overlay.value === "settings" ? "talk" : "list"}>
      <Banner client={client} />
      <nav class="rail" aria-label="Conversations">
        <header class="bar">
          <Avatar of={client.me?.user ?? ""} name={account?.displayName ?? ""} />
          <div class="bar-title">
            <h2>{account?.displayName ?? "Banyan"}</h2>
          </div>
          <IconButton icon="hash" label="Browse channels" onClick={() => (overlay.value = "channels")} />
          <IconButton icon="gear" label="Settings" onClick={() => (overlay.value = "settings")} />
          <IconButton icon="plus" label="New conversation" onClick={() => (overlay.value = "new")} />
        </header>
        <ConversationList client={client} />
      </nav>
      <main class="talk">
        {conversation ? (
          <ConversationPage
            key={conversation}
            client={client}
            id={conversation}
            isPanelOpen={overlay.value === "people"}
            onPanel={() => (overlay.value = overlay.value === "people" ? "none" : "people")}
          />
        ) : (
          <Welcome
            client={client}
            onNew={() => (overlay.value = "new")}
            onInvite={() => (overlay.value = "settings")}
          />
        )}
      </main>
      {overlay.value === "people" && conversation && (
        <PeoplePanel client={client} id={conversation} onClose={close} />
      )}
      {overlay.value === "settings" && <SettingsPanel client={client} onClose={close} onOut={onOut} />}
      {overlay.value === "new" && <NewConversation client={client} onClose={close} />}
      {overlay.value === "channels" && <BrowseChannels client={client} onClose={close} />}
      <LiveRegion client={client} />
    </div>
  );
}

function Welcome(props: { client: Client; onNew: () => void; onInvite: () => void }) {
  const account = props.client.me?.account;
  const hasConversations = props.client.conversations.list.length > 0;
  return (
    <div class="empty">
      <h2>
        {hasConversations ? "Choose a conversation" : `Welcome${account ? `, ${account.displayName}` : ""}`}
      </h2>
      {account?.isOwner && !hasConversations && (
        <>
          <p>You are the owner of this Banyan. Invite somebody, then talk.</p>
          <button type="button" class="main-button" onClick={props.onInvite}>
            Invite somebody
          </button>
        </>
      )}
      <button type="button" class="plain-button" onClick={props.onNew}>
        New conversation
      </button>
    </div>
  );
}

function TooOld() {
  return (
    <main class="empty">
      <h1>This page is out of date</h1>
      <p>The server has moved on. Load the page again to go on talking.</p>
      <button type="button" class="main-button" onClick={() => location.reload()}>
        Load again
      </button>
    </main>
  );
}

/** The number of conversations with something unread, where one looks while doing something else. */
function useUnreadTitle(client: Client): void {
  useEffect(() => {
    const tell = () => {
      const count = client.conversations.list.filter((item) => item.unread > 0).length;
      document.title = count > 0 ? `(${count}) Banyan` : "Banyan";
    };
    tell();
    const end = client.on("conversations", tell);
    return () => {
      end();
      document.title = "Banyan";
    };
  }, [client]);
}
