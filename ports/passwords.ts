// Slow password hashing. Rules P45 - P47 in ports/SPEC.md.
//
// P45 verify is true for the password that the hash was made of and for no other.
// P46 verify without a hash (nobody has that handle) takes as long as with one, and is false.
// P47 the same password gives another hash each time; a hash tells its own algorithm and cost.

export interface Passwords {
  /** A PHC string ($argon2id$...). */
  hash(password: string): Promise<string>;
  verify(password: string, passwordHash: string | null): Promise<boolean>;
}
