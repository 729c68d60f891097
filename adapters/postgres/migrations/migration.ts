// What a migration is. Schema changes are expand / contract: a release adds what the next one needs and removes
// what the last one needed, so that the code of release N-1 runs on the schema of release N.

export interface Migration {
  /** 1, 2, 3 ... without holes; never changed once released. */
  readonly id: number;
  readonly name: string;
  /** The oldest code, named by its newest migration, that still runs on the schema after this one. */
  readonly codeMin: number;
  /** One DDL statement each, run in one transaction. */
  readonly statements: readonly string[];
}
