// One message: who, what, when, how it fares, and what one can do with it.

import { type Signal, useComputed, useSignal } from "@preact/signals";
import type { ConversationView, Member, ShownMessage } from "#sdk/conversation-types.ts";
import { Avatar } from "#web/shell/avatar.tsx";
import { Icon, IconButton } from "#web/shell/icons.tsx";
import { clockTime, wholeTime } from "#web/shell/times.ts";
import { whenChanged } from "#web/shell/when-changed.tsx";
import { MessageText } from "./message-text.tsx";
import { Quote } from "./quote.tsx";
import { ReactionPicker, Reactions } from "./reactions.tsx";

export interface MessageActs {
  react(message: ShownMessage, emoji: string, on: boolean): void;
  reply(message: ShownMessage): void;
  edit(message: ShownMessage): void;
  remove(message: ShownMessage): void;
  jump(seq: number): void;
}

interface MessageProps {
  view: ConversationView;
  message: ShownMessage;
  author: Member | undefined;
  /** The message that this one answers, where it is at hand. */
  answered: ShownMessage | undefined;
  answeredAuthor: string;
  starts: boolean;
  /** Who else has read this far: shown under the newest of one's own messages that was read. */
  seen: string | undefined;
  mayRemove: boolean;
  /** The one message whose actions are shown. */
  active: Signal<string | null>;
  sought: boolean;
  tabbable: boolean;
  acts: MessageActs;
}

export const MessageItem = whenChanged(Item);

function Item(props: MessageProps) {
  const { view, message, author, active } = props;
  const isActive = useComputed(() => active.value === message.key);
  const activate = () => {
    active.value = message.key;
  };
  const classes = [
    "message",
    props.starts && "starts",
    message.mine && "is-own",
    props.sought && "is-sought",
    message.changing && "is-changing",
  ];
  return (
    <li
      class={classes.filter(Boolean).join(" ")}
      data-key={message.key}
      data-seq={message.seq}
      tabIndex={props.tabbable ? 0 : -1}
      onPointerEnter={(event) => event.pointerType === "mouse" && activate()}
      onPointerLeave={(event) => {
        const holdsFocus = event.currentTarget.contains(document.activeElement);
        if (event.pointerType === "mouse" && !holdsFocus && isActive.value) active.value = null;
      }}
      onFocusIn={activate}
    >
      {!message.mine && props.starts && (
        <Avatar of={author?.user ?? String(message.author)} name={author?.displayName ?? ""} small />
      )}
      <div class="message-content">
        {props.starts && !message.mine && <p class="author">{author?.displayName ?? "…"}</p>}
        {props.starts && message.mine && <p class="only-heard">You</p>}
        <div class="bubble-line">
          <Bubble {...props} />
          {isActive.value && message.seq !== undefined && message.deletedAt === undefined && (
            <Actions message={message} mayRemove={props.mayRemove} acts={props.acts} />
          )}
        </div>
        <Reactions
          reactions={message.reactions}
          onReact={(emoji, on) => props.acts.react(message, emoji, on)}
        />
        {message.status === "failed" && <Failed view={view} message={message} />}
        {props.seen && <p class="seen">{props.seen}</p>}
      </div>
    </li>
  );
}

function Bubble(props: MessageProps) {
  const { message } = props;
  if (message.deletedAt !== undefined) {
    return (
      <div class="bubble is-gone">
        This message was deleted. <Stamp message={message} />
      </div>
    );
  }
  return (
    <div class={`bubble${message.status === "failed" ? " is-failed" : ""}`}>
      {message.replyTo !== undefined && (
        <Quote
          message={props.answered}
          author={props.answeredAuthor}
          onJump={() => props.acts.jump(message.replyTo!)}
        />
      )}
      <MessageText text={message.text} />
      <Stamp message={message} />
    </div>
  );
}

function Stamp({ message }: { message: ShownMessage }) {
  return (
    <span class="stamp">
      {message.editedAt !== undefined && message.deletedAt === undefined && (
        <span title={`Edited ${wholeTime(message.editedAt)}`}>edited</span>
      )}
      <time dateTime={new Date(message.at).toISOString()} title={wholeTime(message.at)}>
        {clockTime(message.at)}
      </time>
      {message.mine && <Fare message={message} />}
    </span>
  );
}

function Fare({ message }: { message: ShownMessage }) {
  if (message.status === "failed") return null;
  const words = message.status === "sending" ? "Sending" : "Sent";
  return (
    <span class="fare" role="img" aria-label={words} title={words}>
      <Icon name={message.status === "sending" ? "clock" : "tick"} />
    </span>
  );
}

function Failed({ view, message }: { view: ConversationView; message: ShownMessage }) {
  return (
    <div class="failed" role="alert">
      <span>Not sent{message.refusal ? `: ${message.refusal.message}` : "."}</span>
      <button type="button" class="link-button" onClick={() => view.retry(message.name!)}>
        Try again
      </button>
      <button type="button" class="link-button" onClick={() => view.discard(message.name!)}>
        Discard
      </button>
    </div>
  );
}

function Actions(props: { message: ShownMessage; mayRemove: boolean; acts: MessageActs }) {
  const { message, acts } = props;
  const isPicking = useSignal(false);
  const close = () => {
    isPicking.value = false;
  };
  if (isPicking.value) {
    return (
      <div class="actions">
        <ReactionPicker
          onClose={close}
          onPick={(emoji) => {
            close();
            acts.react(message, emoji, !message.reactions.some((one) => one.emoji === emoji && one.mine));
          }}
        />
      </div>
    );
  }
  return (
    <div class="actions">
      <IconButton icon="smile" label="React" onClick={() => (isPicking.value = true)} />
      <IconButton icon="reply" label="Reply" onClick={() => acts.reply(message)} />
      {message.mine && <IconButton icon="pencil" label="Edit" onClick={() => acts.edit(message)} />}
      {props.mayRemove && <IconButton icon="bin" label="Delete" onClick={() => acts.remove(message)} />}
    </div>
  );
}
