-- Prosody under load, made from the prosody.cfg.lua that Debian installs. Taken away: limits, TLS, and what this job does
-- not use (PEP, vCards, invitations, administration, server to server), in its favour. Added: the archives (mam, muc_mam)
-- and all storage in PostgreSQL through its own SQL driver (mod_storage_sql over LuaDBI), by its Unix socket.
run_as_root = true -- only where the bench itself runs as root
daemonize = false
pidfile = "__folder__/prosody.pid"
data_path = "__folder__/data"
certificates = "__folder__"

interfaces = { "0.0.0.0" }
c2s_ports = { __port__ }
c2s_direct_tls_ports = {}
c2s_tcp_backlog = 4096
network_settings = { tcp_backlog = 4096 }

modules_enabled = {
	"disco";
	"roster";
	"saslauth";
	"carbons";
	"smacks";
	"ping";
	"posix";
	"mam";
}
modules_disabled = { "s2s"; "tls" }

c2s_require_encryption = false
allow_unencrypted_plain_auth = true
-- Kept plain, and PLAIN on the wire: the cheapest login that it has.
authentication = "internal_plain"

storage = "sql"
sql = {
	driver = "PostgreSQL";
	host = "__socketFolder__";
	port = __databasePort__;
	database = "prosody";
	username = "postgres";
	password = "";
}
default_archive_policy = true
archive_expires_after = "1w"

log = { warn = "*console" }

VirtualHost "localhost"

Component "rooms.localhost" "muc"
	modules_enabled = { "muc_mam" }
	muc_log_by_default = true
	muc_log_all_rooms = true
	muc_room_locking = false
	muc_room_default_persistent = true
	muc_room_default_history_length = 0
	muc_room_cache_size = 1000
	-- A room tells nobody who comes and goes.
	muc_room_default_presence_broadcast = { visitor = false; participant = false; moderator = false }
