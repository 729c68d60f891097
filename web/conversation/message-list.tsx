// The messages of one conversation: scrolls both ways without end, keeps the reader's place, says what was read.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { ConversationView, ShownMessage } from "#sdk/conversation-types.ts";
import { Icon } from "#web/shell/icons.tsx";
import { dayName } from "#web/shell/times.ts";
import { Place } from "./keep-place.ts";
import { type MessageActs, MessageItem } from "./message-item.tsx";
import { authorName } from "./quote.tsx";
import { type Row, rowsOf } from "./rows.ts";
import { seenBelow } from "./seen.ts";

/** Where the list shall go next. */
export type Goal = { readonly kind: "newest" } | { readonly kind: "message"; readonly seq: number };

/** How near the edge of what is loaded more is asked for. */
const loadWithinPx = 900;
/** After a load that failed, only scrolling or this much time tries again. */
const failedWaitMs = 3_000;

export function MessageList(props: {
  view: ConversationView;
  /** Until then nothing is marked as read: where the unread begin is still being found out. */
  isOpened: boolean;
  goal: Signal<Goal | null>;
  onNewest: () => void;
  acts: MessageActs;
}) {
  const { view, goal, acts } = props;
  const list = useRef<HTMLDivElement>(null);
  const keeper = useRef<Keeper | null>(null);
  const active = useSignal<string | null>(null);
  const sought = useSignal<number | null>(null);
  const isAway = useSignal(false);
  const rows = useMemo(() => rowsOf(view.messages, view.unreadFrom), [view.messages, view.unreadFrom]);
  const wished = goal.value;

  useLayoutEffect(() => {
    const kept = new Keeper(list.current!, view, (away) => {
      isAway.value = away;
    });
    keeper.current = kept;
    return () => kept.end();
  }, [view]);

  useLayoutEffect(() => keeper.current?.painted(props.isOpened));

  useLayoutEffect(() => {
    if (!wished) return;
    if (wished.kind === "newest") keeper.current?.toEnd();
    else if (keeper.current?.show(wished.seq)) sought.value = wished.seq;
    goal.value = null;
  }, [wished]);

  useEffect(() => {
    if (sought.value === null) return;
    const timer = setTimeout(() => {
      sought.value = null;
    }, 2_000);
    return () => clearTimeout(timer);
  }, [sought.value]);

  const bySeq = useMemo(
    () => new Map(view.messages.map((message) => [message.seq, message])),
    [view.messages],
  );
  const answeredBy = ({ replyTo }: ShownMessage) => (replyTo === undefined ? undefined : bySeq.get(replyTo));
  const seen = seenBelow(view);
  const mayRemoveAny = view.item !== undefined && view.item.kind !== "direct" && view.item.role !== "member";
  const lastKey = view.messages.at(-1)?.key;
  return (
    <div class="messages-frame">
      <div
        class="messages"
        aria-busy={view.loading}
        ref={list}
        onScroll={() => keeper.current?.scrolled()}
        tabIndex={-1}
      >
        <ol class="messages-column" aria-label="Messages" onKeyDown={moveBetweenMessages}>
          {view.hasBefore && <li class="happening">Loading earlier messages…</li>}
          {rows.map((row) =>
            row.kind === "message" ? (
              <MessageItem
                key={row.key}
                view={view}
                message={row.message}
                author={view.member(row.message.author)}
                answered={answeredBy(row.message)}
                answeredAuthor={answeredAuthor(view, answeredBy(row.message))}
                starts={row.starts}
                seen={seen?.key === row.key ? seen.words : undefined}
                mayRemove={row.message.mine || mayRemoveAny}
                active={active}
                sought={row.message.seq !== undefined && row.message.seq === sought.value}
                tabbable={row.key === lastKey}
                acts={acts}
              />
            ) : (
              <Line key={row.key} row={row} />
            ),
          )}
          {view.hasAfter && <li class="happening">Loading newer messages…</li>}
        </ol>
      </div>
      {(isAway.value || view.hasAfter) && (
        <button type="button" class="to-newest" onClick={props.onNewest}>
          <Icon name="down" /> Jump to newest
        </button>
      )}
    </div>
  );
}

function answeredAuthor(view: ConversationView, message: ShownMessage | undefined): string {
  return message ? authorName(view, message) : "";
}

function Line({ row }: { row: Exclude<Row, { kind: "message" }> }) {
  if (row.kind === "new") {
    return (
      <li class="new-line" data-key={row.key}>
        New messages
      </li>
    );
  }
  return (
    <li class="day" data-key={row.key}>
      {dayName(row.at)}
    </li>
  );
}

/** Arrow keys go from message to message; Tab then reaches its actions. */
function moveBetweenMessages(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
  const from = (event.target as HTMLElement).closest<HTMLElement>("li[data-key]");
  if (step === 0 || !from || event.target !== from) return;
  const all = [...event.currentTarget.querySelectorAll<HTMLElement>("li.message")];
  const next = all[all.indexOf(from) + step];
  if (!next) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/** What happens around painting and scrolling: keep the place, load more, mark as read. */
class Keeper {
  private readonly place: Place;
  private readonly observer: ResizeObserver;
  private placedAt: number | "end" | null = null;
  private failedAt = 0;
  private isOpened = false;
  private readonly markRead = () => this.tellRead();

  constructor(
    private readonly list: HTMLElement,
    private readonly view: ConversationView,
    private readonly tellAway: (isAway: boolean) => void,
  ) {
    this.place = new Place(list);
    this.observer = new ResizeObserver(() => this.place.restore(!view.hasAfter));
    this.observer.observe(list);
    addEventListener("focus", this.markRead);
    document.addEventListener("visibilitychange", this.markRead);
  }

  end(): void {
    this.observer.disconnect();
    removeEventListener("focus", this.markRead);
    document.removeEventListener("visibilitychange", this.markRead);
  }

  painted(isOpened: boolean): void {
    const { view, place } = this;
    this.isOpened = isOpened;
    if (view.messages.length > 0) {
      const isFirst = this.placedAt === null;
      const hasLine = view.unreadFrom !== undefined && this.placedAt !== view.unreadFrom;
      if (hasLine && place.show("new", "start")) this.placedAt = view.unreadFrom!;
      else if (isFirst) {
        place.toEnd();
        this.placedAt = "end";
      } else place.restore(!view.hasAfter);
    }
    if (Date.now() - this.failedAt > failedWaitMs) this.loadNearEdges();
    this.settled();
  }

  scrolled(): void {
    this.place.note();
    this.loadNearEdges();
    this.settled();
  }

  toEnd(): void {
    this.place.toEnd();
    this.settled();
  }

  show(seq: number): boolean {
    const message = this.view.messages.find((candidate) => candidate.seq === seq);
    return message !== undefined && this.place.show(message.key, "center");
  }

  private settled(): void {
    this.tellAway(!this.place.isAtEnd);
    this.tellRead();
  }

  private loadNearEdges(): void {
    const { list, view } = this;
    if (view.loading || view.messages.length === 0) return;
    const below = list.scrollHeight - list.scrollTop - list.clientHeight;
    if (view.hasBefore && list.scrollTop < loadWithinPx) void this.load(view.loadBefore());
    else if (view.hasAfter && below < loadWithinPx) void this.load(view.loadAfter());
  }

  private async load(loading: ReturnType<ConversationView["loadBefore"]>): Promise<void> {
    const answer = await loading;
    this.failedAt = answer.ok ? 0 : Date.now();
  }

  private tellRead(): void {
    if (!this.isOpened || document.visibilityState !== "visible" || !document.hasFocus()) return;
    const seq = this.place.lastSeqInView();
    if (seq > (this.view.item?.readSeq ?? 0))
      this.view.markRead(seq as Parameters<ConversationView["markRead"]>[0]);
  }
}
