// The door: log in, or sign up where the server lets one in (first account, open, by invitation).

import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ServerInfo } from "#sdk/account-types.ts";
import type { Client } from "#sdk/types.ts";
import iconUrl from "./icon.svg";
import { Problem } from "./problem.tsx";
import { goHome, route } from "./route.ts";
import { useAction } from "./use-action.ts";

type Door = "unknown" | ServerInfo["signUp"];

export function SignIn(props: { client: Client; notice: string; onIn: () => void }) {
  const { client } = props;
  const asking = useAction();
  const door = useSignal<Door>("unknown");
  const wishesSignUp = useSignal(route.value.invitation !== null);
  const ask = () =>
    asking.run(
      () => client.account.serverInfo(),
      (info) => {
        door.value = info.signUp;
        if (info.signUp === "first") wishesSignUp.value = true;
      },
    );
  useEffect(() => void ask(), [client]);

  const invitation = route.value.invitation;
  const maySignUp = useComputed(
    () =>
      door.value === "first" ||
      door.value === "open" ||
      (door.value === "invitation" && route.value.invitation !== null),
  );
  const signsUp = maySignUp.value && wishesSignUp.value;
  // What one has begun to type must not be taken away by an answer that changes the form.
  if (door.value === "unknown" && !asking.problem.value) return <main class="sign-in" aria-busy="true" />;
  return (
    <main class="sign-in">
      <div class="sign-in-card">
        <header>
          <img class="mark" src={iconUrl} alt="" />
          <h1>{signsUp ? "Join Banyan" : "Welcome to Banyan"}</h1>
        </header>
        {props.notice && <p class="good-news">{props.notice}</p>}
        <Problem text={asking.problem} />
        {asking.problem.value && (
          <p class="field">
            <button type="button" class="plain-button" onClick={() => void ask()}>
              Try again
            </button>
          </p>
        )}
        {signsUp ? (
          <SignUpForm
            client={client}
            isFirst={door.value === "first"}
            invitation={invitation}
            onIn={props.onIn}
          />
        ) : (
          <LogInForm client={client} onIn={props.onIn} />
        )}
        <footer>
          {maySignUp.value && door.value !== "first" && (
            <button type="button" class="link-button" onClick={() => (wishesSignUp.value = !signsUp)}>
              {signsUp ? "I have an account: log in" : "New here? Make an account"}
            </button>
          )}
          {door.value === "invitation" && !invitation && <p>New here? Ask for an invitation link.</p>}
          {door.value === "closed" && <p>No new accounts are made here at present.</p>}
        </footer>
      </div>
    </main>
  );
}

function LogInForm(props: { client: Client; onIn: () => void }) {
  const action = useAction();
  return (
    <form
      onSubmit={(event) => {
        const fields = fieldsOf(event);
        void action.run(
          () =>
            props.client.account.logIn({
              handle: fields("handle").trim().toLowerCase(),
              password: fields("password"),
            }),
          props.onIn,
        );
      }}
    >
      <Problem text={action.problem} />
      <Field name="handle" label="Handle" autocomplete="username" />
      <Field name="password" label="Password" isPassword autocomplete="current-password" />
      <button type="submit" class="main-button" disabled={action.busy.value}>
        Log in
      </button>
    </form>
  );
}

function SignUpForm(props: {
  client: Client;
  isFirst: boolean;
  invitation: string | null;
  onIn: () => void;
}) {
  const action = useAction();
  return (
    <form
      onSubmit={(event) => {
        const fields = fieldsOf(event);
        const displayName = fields("displayName").trim();
        const wish = {
          handle: fields("handle").trim().toLowerCase(),
          password: fields("password"),
          ...(displayName && { displayName }),
          ...(props.invitation && { invitation: props.invitation }),
        };
        void action.run(
          () => props.client.account.signUp(wish),
          () => {
            goHome();
            props.onIn();
          },
        );
      }}
    >
      {props.isFirst && (
        <p class="good-news">You are the first one here: your account will be the owner of this Banyan.</p>
      )}
      {props.invitation && !props.isFirst && (
        <p class="good-news">You have been invited. Make your account:</p>
      )}
      <Problem text={action.problem} />
      <Field
        name="handle"
        label="Handle"
        autocomplete="username"
        hint="The name you log in with, as in ada.lovelace"
      />
      <Field name="displayName" label="Name that others see" autocomplete="name" optional />
      <Field name="password" label="Password" isPassword autocomplete="new-password" />
      <button type="submit" class="main-button" disabled={action.busy.value}>
        Make my account
      </button>
    </form>
  );
}

function Field(props: {
  name: string;
  label: string;
  autocomplete: "username" | "name" | "current-password" | "new-password";
  isPassword?: boolean;
  hint?: string;
  optional?: boolean;
}) {
  const kind = props.isPassword ? ({ type: "password" } as const) : ({ type: "text" } as const);
  const hintId = props.hint ? `${props.name}-hint` : undefined;
  return (
    <div class="field">
      <label for={props.name}>{props.label}</label>
      <input
        id={props.name}
        name={props.name}
        {...kind}
        autocomplete={props.autocomplete}
        autocapitalize={props.name === "displayName" ? "words" : "none"}
        spellcheck={false}
        required={!props.optional}
        aria-describedby={hintId}
      />
      {props.hint && (
        <p class="hint" id={hintId}>
          {props.hint}
        </p>
      )}
    </div>
  );
}

function fieldsOf(event: SubmitEvent): (name: string) => string {
  event.preventDefault();
  const data = new FormData(event.currentTarget as HTMLFormElement);
  return (name) => String(data.get(name) ?? "");
}
