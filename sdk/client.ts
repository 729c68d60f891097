// Puts the parts of a client together. This is what an application calls; see sdk/README.md.

import type { ConversationId, SessionId, UserId } from "#base/ids.ts";
import type { ServerFrame } from "#protocol/frames.ts";
import type { Account, Me } from "./account-types.ts";
import { Api } from "./api.ts";
import { Commands } from "./commands.ts";
import { Connection, type Welcome } from "./connection.ts";
import { ConversationList } from "./conversation-list.ts";
import type { ConversationView } from "./conversation-types.ts";
import { machineChance, machineClock } from "./defaults.ts";
import { Emitter } from "./events.ts";
import { Http } from "./http.ts";
import { Jobs } from "./jobs.ts";
import { Keeper } from "./keeper.ts";
import { OwnAccount } from "./own-account.ts";
import { listenToPage } from "./page-hints.ts";
import { PeopleDirectory } from "./people-directory.ts";
import type { WebSocketConstructor } from "./platform.ts";
import { createMemoryStore } from "./store-memory.ts";
import { Sync } from "./sync.ts";
import type { Client, ClientEvents, ClientOptions, ClientState } from "./types.ts";
import { Views } from "./views.ts";
import { WatchedPresence } from "./watched-presence.ts";

export function createClient(options: ClientOptions): Client {
  return new BanyanClient(options);
}

const agent = "banyan-sdk/1";

class BanyanClient implements Client {
  me: Me | null = null;
  readonly account: OwnAccount;
  readonly directory: PeopleDirectory;
  readonly conversations: ConversationList;
  readonly presence: WatchedPresence;
  readonly #events = new Emitter<ClientEvents>();
  readonly #connection: Connection;
  readonly #commands: Commands;
  readonly #keeper: Keeper;
  readonly #jobs: Jobs;
  readonly #sync: Sync;
  readonly #views: Views;
  #token: string | undefined;
  #isStarted = false;
  #stopHints: () => void = () => {};

  constructor(options: ClientOptions) {
    const { clock = machineClock, chance = machineChance, store = createMemoryStore() } = options;
    const baseUrl = options.url.replace(/\/+$/, "");
    const events = this.#events;
    const token = () => this.#token;
    this.#token = options.token;
    const fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init));
    const http = new Http({ baseUrl, fetch, clock, token });
    const api = new Api(http);
    this.#keeper = new Keeper(
      store,
      clock,
      (id) => this.#sync.known.get(id)?.snapshot() ?? null,
      (message) => events.emit("storageFailed", { message }),
    );
    this.#connection = new Connection(
      {
        url: `${baseUrl.replace(/^http/, "ws")}/v1/socket`,
        subprotocol: options.subprotocol ?? "banyan.v1.msgpack",
        WebSocket: options.WebSocket ?? globalWebSocket(),
        clock,
        chance,
        agent,
        audit: options.audit,
        token,
      },
      {
        state: (state) => this.#stateChanged(state),
        welcome: (welcome) => this.#welcome(welcome),
        frame: (frame) => this.#frame(frame),
        down: () => this.#down(),
      },
    );
    this.#commands = new Commands(this.#connection, clock);
    this.#jobs = new Jobs({ clock, chance });
    const parts = { connection: this.#connection, commands: this.#commands, api, clock, chance, events };
    this.#sync = new Sync({ ...parts, keeper: this.#keeper, jobs: this.#jobs });
    this.presence = new WatchedPresence(
      () => this.#views.look(),
      (state) => events.emit("presence", state),
    );
    this.#views = new Views(this.#sync, this.#connection, () => this.presence.users);
    this.#sync.views = this.#views;
    this.directory = new PeopleDirectory(api);
    this.conversations = new ConversationList(this.#sync);
    events.on("conversations", () => this.conversations.changed());
    events.on("conversation", () => this.conversations.changed());
    const usesCookie = (options.auth ?? (isPage() && !options.token ? "cookie" : "token")) === "cookie";
    this.account = new OwnAccount(
      { http, usesCookie, device: options.device },
      {
        loggedIn: (account, session, newToken) => this.#loggedIn(account, session, newToken),
        loggedOut: () => this.#loggedOut(),
        renamed: (account) => this.#became({ ...this.me, user: account.user, account }),
      },
    );
  }

  get state(): ClientState {
    return this.#connection.state;
  }

  conversation(id: ConversationId): ConversationView {
    return this.#views.open(id);
  }

  async start(): Promise<void> {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const state = await this.#keeper.load();
    if (!this.#isStarted) return;
    if (state.owner && this.me && state.owner !== this.me.user) {
      await this.#keeper.clear();
    } else {
      if (state.owner && !this.me)
        this.#became({ user: state.owner, ...(state.account && { account: state.account }) });
      this.#sync.restore(state);
    }
    if (!this.#isStarted) return;
    const hide = () => {
      this.#sync.report.hidden();
      void this.#keeper.flush();
    };
    this.#stopHints = listenToPage({ wake: () => this.wake(), hide });
    this.#connection.start();
  }

  async stop(): Promise<void> {
    this.#isStarted = false;
    this.#stopHints();
    this.#sync.tellReads();
    this.#sync.report.tell();
    this.#connection.stop("asked");
    this.#jobs.clear();
    this.#sync.stop();
    await this.#keeper.flush();
  }

  wake(): void {
    this.#connection.wake();
  }

  on<E extends keyof ClientEvents>(event: E, listener: (data: ClientEvents[E]) => void): () => void {
    return this.#events.on(event, listener);
  }

  #welcome(welcome: Welcome): void {
    const user = welcome.user as UserId;
    if (this.me && this.me.user !== user) this.#forget();
    const account = this.me?.account;
    this.#became({ user, session: welcome.session as SessionId, ...(account && { account }) });
    this.#keeper.setOwner(user, account ?? null);
    this.#sync.welcome(welcome);
    if (!account) this.#readAccount();
  }

  #frame(frame: ServerFrame): void {
    if (frame.kind === "presence") this.presence.frame(frame);
    else this.#sync.frame(frame);
  }

  #down(): void {
    this.#commands.down();
    this.#sync.down();
    this.presence.down();
  }

  #stateChanged(state: ClientState): void {
    // A session that ended by itself has nothing more to wait for; what is unsent stays in the store.
    if (state.kind === "stopped" && state.reason !== "asked") {
      this.#isStarted = false;
      this.#stopHints();
      this.#jobs.clear();
    }
    this.#events.emit("state", state);
  }

  #readAccount(): void {
    this.#jobs.run("me", async () => {
      const read = await this.account.me();
      if (read.ok) this.#became({ ...this.me, user: read.value.account.user, account: read.value.account });
      if (read.ok) this.#keeper.setOwner(read.value.account.user, read.value.account);
      return read;
    });
  }

  #loggedIn(account: Account, session: SessionId, token: string | undefined): void {
    if (this.me && this.me.user !== account.user) this.#forget();
    this.#token = token;
    this.#became({ user: account.user, session, account });
  }

  async #loggedOut(): Promise<void> {
    await this.stop();
    this.#forget();
    this.#token = undefined;
    this.#became(null);
    await this.#keeper.flush();
  }

  /** Nothing of one person may be seen or sent by another. */
  #forget(): void {
    this.#jobs.clear();
    this.#sync.clear();
    this.directory.clear();
    void this.#keeper.clear();
  }

  #became(me: Me | null): void {
    this.me = me;
    this.#events.emit("me", me);
  }
}

function isPage(): boolean {
  return typeof document !== "undefined" && typeof location !== "undefined";
}

function globalWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor };
  if (!WebSocket)
    throw new Error('No WebSocket here: pass one, as in createClient({ WebSocket: require("ws") }).');
  return WebSocket;
}
