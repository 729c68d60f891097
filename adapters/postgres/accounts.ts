// Accounts and invitations on PostgreSQL: rules P24, P25, P28 and P89. Sessions are in sessions.ts.

import type { UserId } from "#base/ids.ts";
import { ok, type Result, refused } from "#base/result.ts";
import type { Account, Accounts, NewAccount } from "#ports/accounts.ts";
import { plainArray, textArray } from "./arrays.ts";
import { type Database, RollBack, type Row } from "./database.ts";
import { searchPatterns } from "./search-patterns.ts";
import { openSessions } from "./sessions.ts";

type CreateRefusal = "handle_taken" | "sign_up_closed" | "invitation_invalid";
type Run = Parameters<Parameters<Database["transaction"]>[1]>[0];

export function openAccounts(database: Database): Accounts {
  return {
    ...openSessions(database),
    create: (wanted) => create(database, wanted),
    createBot: (wanted, maker, botsMax) => createBot(database, wanted, maker, botsMax),
    async bots(maker) {
      return (await database.read("accounts.bots", botsText, [maker])).map(accountOf);
    },
    async byHandle(handle) {
      const [row] = await database.read("accounts.by_handle", byHandleText, [handle.toLowerCase()]);
      return row ? { account: accountOf(row), passwordHash: row.password_hash } : null;
    },
    async accounts(users) {
      if (users.length === 0) return [];
      const rows = await database.read("accounts.accounts", accountsText, [plainArray([...new Set(users)])]);
      const found = new Map(rows.map((row) => [row.user_id as UserId, accountOf(row)]));
      return users.map((user) => found.get(user) ?? null);
    },
    async search(words, count) {
      const wanted = words.toLowerCase();
      const given = [textArray(searchPatterns(wanted)), count, wanted];
      const rows = await database.read("accounts.search", searchText, given, { mayBeReplica: true });
      return rows.map(accountOf);
    },
    async rename(user, displayName) {
      const [row] = await database.change("accounts.rename", renameText, [
        user,
        displayName,
        displayName.toLowerCase(),
      ]);
      return row ? accountOf(row) : null;
    },
    async setPassword(user, passwordHash) {
      await database.change("accounts.set_password", setPasswordText, [user, passwordHash]);
    },
    async anyAccount() {
      const [row] = await database.read("accounts.any", anyAccountText, []);
      return row!.any;
    },
    async invite({ tokenHash, createdBy, createdAt, expiresAt, uses }) {
      await database.change("accounts.invite", inviteText, [
        tokenHash,
        createdBy,
        createdAt,
        expiresAt,
        uses,
      ]);
    },
  };
}

/** Whatever is refused is rolled back, so that neither the handle nor the invitation is used up. */
async function create(database: Database, wanted: NewAccount): Promise<Result<Account, CreateRefusal>> {
  let refusal: CreateRefusal = "handle_taken";
  try {
    const account = await database.transaction("accounts.create", async (run) => {
      const row = await enter(run, wanted, false);
      if (row.user_id) return accountOf(row);
      refusal = refusalOf(row, wanted);
      throw new RollBack();
    });
    return ok(account);
  } catch (error) {
    if (error instanceof RollBack) return refused(refusal);
    throw error;
  }
}

/** The maker's own row is held meanwhile, so that two bots made at once are counted one after the other. */
async function createBot(
  database: Database,
  wanted: Omit<NewAccount, "open" | "invitationHash">,
  maker: UserId,
  botsMax: number,
): Promise<Result<Account, "handle_taken" | "too_many">> {
  let refusal: "handle_taken" | "too_many" = "handle_taken";
  try {
    const account = await database.transaction("accounts.create_bot", async (run) => {
      await run("select 1 from users where user_id = $1::uuid for update", [maker]);
      const [place] = await run(addBotText, [maker, wanted.user, botsMax]);
      if (!place) {
        refusal = "too_many";
        throw new RollBack();
      }
      const row = await enter(run, { ...wanted, open: true }, true);
      if (!row.user_id) throw new RollBack();
      return accountOf(row);
    });
    return ok(account);
  } catch (error) {
    if (error instanceof RollBack) return refused(refusal);
    throw error;
  }
}

async function enter(run: Run, wanted: NewAccount, isBot: boolean): Promise<Row> {
  const [row] = await run(createText, [
    wanted.user,
    wanted.handle,
    wanted.handle.toLowerCase(),
    wanted.displayName,
    wanted.displayName.toLowerCase(),
    wanted.passwordHash,
    wanted.createdAt,
    wanted.open,
    wanted.invitationHash ?? null,
    isBot,
  ]);
  return row!;
}

function refusalOf(row: Row, wanted: NewAccount): CreateRefusal {
  if (row.may_enter) return "handle_taken";
  return wanted.invitationHash ? "invitation_invalid" : "sign_up_closed";
}

function accountOf(row: Row): Account {
  return {
    user: row.user_id as UserId,
    handle: row.handle,
    displayName: row.display_name,
    isOwner: row.is_owner,
    isBot: row.is_bot,
    createdAt: Number(row.created_at),
  };
}

/**
 * The row of `installation` makes one the first, the row of `handles` makes the handle one's own: whoever comes
 * second waits for the first one's end at these keys.
 */
const createText = `
with first as (
  insert into installation (id, owner, created_at) values (1, $1::uuid, $7::bigint)
  on conflict (id) do nothing returning owner
), invited as (
  update invitations set uses_left = uses_left - 1
  where token_hash = $9::bytea and uses_left > 0 and expires_at > $7::bigint
    and not $8::boolean and not exists (select 1 from first)
  returning token_hash
), entering as materialized (
  select $8::boolean or exists (select 1 from first) or exists (select 1 from invited) as may
), named as (
  insert into handles (handle, user_id) select $3::text, $1::uuid from entering where may
  on conflict (handle) do nothing returning user_id
), account as (
  insert into users (user_id, handle, display_name, search, password_hash, is_owner, is_bot, created_at)
  select $1::uuid, $2::text, $4::text, $3::text || ' ' || $5::text, $6::text, exists (select 1 from first),
    $10::boolean, $7::bigint
  from named
  returning user_id, handle, display_name, is_owner, is_bot, created_at
)
select e.may as may_enter, a.* from entering e left join account a on true`;

const columns = "u.user_id, u.handle, u.display_name, u.is_owner, u.is_bot, u.created_at";

const byHandleText = `
select ${columns}, u.password_hash from users u
where u.user_id = (select h.user_id from handles h where h.handle = $1)`;

const accountsText = `select ${columns} from users u where u.user_id = any($1::uuid[])`;

const addBotText = `
insert into bots (user_id, bot)
select $1::uuid, $2::uuid where (select count(*) from bots b where b.user_id = $1::uuid) < $3::int
returning bot`;

const botsText = `
select ${columns} from users u
where u.user_id = any(array(select b.bot from bots b where b.user_id = $1::uuid))
order by u.created_at, u.user_id`;

/** So many are looked at in the order of handles, and at most so many of those that match elsewhere. */
const searchedMax = 1_000;

/**
 * What many match is found among the first handles, what few match through the index of trigrams; neither alone is
 * quick for both, and the planner cannot know which of them a word is. Whose handle it is comes first.
 */
const searchText = `
with whole as materialized (
  select ${columns}, lower(u.handle) collate "C" as place from users u where lower(u.handle) collate "C" = $3::text
), early as materialized (
  select ${columns}, u.place from (
    select *, lower(handle) collate "C" as place from users order by lower(handle) collate "C" limit ${searchedMax}
  ) u where u.search like any($1::text[]) order by u.place limit $2::int
), others as materialized (
  select ${columns}, lower(u.handle) collate "C" as place from users u
  where (select count(*) from early) < $2::int and u.search like any($1::text[]) limit ${searchedMax}
)
select ${columns} from (
  select * from whole union (
    select * from early where (select count(*) from early) = $2::int union all select * from others
  )
) u order by u.place <> $3::text, u.place limit $2::int`;

const renameText = `
update users u set display_name = $2, search = lower(u.handle) || ' ' || $3::text
where u.user_id = $1::uuid returning ${columns}`;

const setPasswordText = "update users set password_hash = $2 where user_id = $1::uuid";

const anyAccountText = "select exists (select 1 from installation) as any";

const inviteText = `
insert into invitations (token_hash, created_by, created_at, expires_at, uses_left)
values ($1::bytea, $2::uuid, $3::bigint, $4::bigint, $5::int)`;
