/** Thrown inside decoding only; `decoded` turns it into a refusal, whose detail its message is. */
export class WrongForm extends Error {}
