// The failure of a store that cannot be reached, or whose answer was lost: thrown, never returned. It means that
// the outcome is unknown (all of the call happened, or nothing); its text names no content.

export class StoreUnavailable extends Error {
  override name = "StoreUnavailable";
}
