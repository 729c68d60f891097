// Why the process cannot start or go on, for the person at the terminal: what is wrong and what mends it.

export class StartProblem extends Error {
  override name = "StartProblem";
  constructor(
    what: string,
    readonly remedy: string,
  ) {
    super(`${what} ${remedy}`);
  }
}
