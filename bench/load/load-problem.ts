// What a person can mend, with how.

export class LoadProblem extends Error {
  override name = "LoadProblem";
  constructor(
    message: string,
    readonly remedy: string,
  ) {
    super(message);
  }
}
