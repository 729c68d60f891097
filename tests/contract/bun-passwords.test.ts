// The runtime's argon2id passes the contract of passwords, at the cost that it has in production.

import { openPasswords } from "#adapters/bun/password.ts";
import { passwordsContract } from "./passwords.ts";

passwordsContract("bun", () => openPasswords());
