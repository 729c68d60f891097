// Sessions on PostgreSQL: rules P26, P27 and P29. A token's secret is known by its hash only.

import type { SessionId, UserId } from "#base/ids.ts";
import type { Accounts, Session } from "#ports/accounts.ts";
import { byteArray, plainArray } from "./arrays.ts";
import type { Database, Row } from "./database.ts";

type SessionCalls =
  | "openSession"
  | "sessions"
  | "authenticate"
  | "stillOpen"
  | "touch"
  | "revoke"
  | "revokeOthers";

export function openSessions(database: Database): Pick<Accounts, SessionCalls> {
  return {
    async openSession({ user, session, secretHash, device, isBot, createdAt, lastSeenAt, expiresAt }) {
      await database.change("accounts.open_session", openText, [
        user,
        session,
        secretHash,
        device,
        createdAt,
        lastSeenAt,
        expiresAt,
        isBot,
      ]);
    },
    async sessions(user) {
      return (await database.read("accounts.sessions", sessionsText, [user])).map(sessionOf);
    },
    async authenticate(tokens, now) {
      if (tokens.length === 0) return [];
      const rows = await database.read("accounts.authenticate", authenticateText, [
        plainArray(tokens.map((token) => token.user)),
        plainArray(tokens.map((token) => token.session)),
        byteArray(tokens.map((token) => token.secretHash)),
        now,
      ]);
      const answers = new Array<Session | null>(tokens.length).fill(null);
      for (const row of rows) answers[Number(row.n) - 1] = sessionOf(row);
      return answers;
    },
    async stillOpen(sessions, now) {
      if (sessions.length === 0) return [];
      const rows = await database.read("accounts.still_open", stillOpenText, [
        plainArray(sessions.map((one) => one.user)),
        plainArray(sessions.map((one) => one.session)),
        now,
      ]);
      const open = new Set(rows.map((row) => Number(row.n)));
      return sessions.map((_, i) => open.has(i + 1));
    },
    async touch(sessions, at, expiresAt) {
      if (sessions.length === 0) return;
      await database.change("accounts.touch", touchText, [
        plainArray(sessions.map((one) => one.user)),
        plainArray(sessions.map((one) => one.session)),
        at,
        expiresAt,
      ]);
    },
    async revoke(user, session) {
      return (await database.change("accounts.revoke", revokeText, [user, session])).length > 0;
    },
    async revokeOthers(user, keep) {
      const rows = await database.change("accounts.revoke_others", revokeOthersText, [user, keep]);
      return rows.map((row) => row.session_id as SessionId);
    },
  };
}

function sessionOf(row: Row): Session {
  return {
    user: row.user_id as UserId,
    session: row.session_id as SessionId,
    device: row.device,
    isBot: row.is_bot,
    createdAt: Number(row.created_at),
    lastSeenAt: Number(row.last_seen_at),
    expiresAt: Number(row.expires_at),
  };
}

const columns = "s.user_id, s.session_id, s.device, s.is_bot, s.created_at, s.last_seen_at, s.expires_at";

const openText = `
insert into sessions (user_id, session_id, secret_hash, device, created_at, last_seen_at, expires_at, is_bot)
values ($1::uuid, $2::uuid, $3::bytea, $4::text, $5::bigint, $6::bigint, $7::bigint, $8::boolean)
on conflict (user_id, session_id) do update set secret_hash = excluded.secret_hash, device = excluded.device,
  created_at = excluded.created_at, last_seen_at = excluded.last_seen_at, expires_at = excluded.expires_at`;

const sessionsText = `select ${columns} from sessions s where s.user_id = $1::uuid order by s.created_at desc, s.session_id`;

const stillOpenText = `
select t.n from unnest($1::uuid[], $2::uuid[]) with ordinality as t (user_id, session_id, n)
join sessions s on s.user_id = t.user_id and s.session_id = t.session_id
where s.expires_at > $3::bigint`;

const authenticateText = `
select t.n, ${columns}
from unnest($1::uuid[], $2::uuid[], $3::bytea[]) with ordinality as t (user_id, session_id, secret_hash, n)
join sessions s on s.user_id = t.user_id and s.session_id = t.session_id
where s.secret_hash = t.secret_hash and s.expires_at > $4::bigint`;

const touchText = `
update sessions s
set last_seen_at = greatest(s.last_seen_at, $3::bigint), expires_at = greatest(s.expires_at, $4::bigint)
from unnest($1::uuid[], $2::uuid[]) as t (user_id, session_id)
where s.user_id = t.user_id and s.session_id = t.session_id and s.expires_at > $3::bigint`;

const revokeText =
  "delete from sessions where user_id = $1::uuid and session_id = $2::uuid returning session_id";

const revokeOthersText = `
delete from sessions where user_id = $1::uuid and session_id is distinct from $2::uuid returning session_id`;
