// What a failure of JetStream means for the caller: it is away, or has no majority, or no room; all that is a failure
// of the world. The number is JetStream's own and says which.

import { JetStreamApiCodes, JetStreamApiError } from "@nats-io/jetstream";
import { PublisherBehind } from "#ports/event-stream.ts";
import { StoreUnavailable } from "#ports/store-unavailable.ts";

export async function asUnavailable<T>(operation: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof StoreUnavailable || error instanceof PublisherBehind) throw error;
    if (isWrongSequence(error)) throw new PublisherBehind(operation);
    throw new StoreUnavailable(`${operation}: ${textOf(error)}`, { cause: error });
  }
}

function isWrongSequence(error: unknown): boolean {
  const codes: readonly number[] = [
    JetStreamApiCodes.StreamWrongLastSequence,
    JetStreamApiCodes.StreamWrongLastSequenceUnknown,
  ];
  return error instanceof JetStreamApiError && codes.includes(error.code);
}

function textOf(error: unknown): string {
  if (error instanceof JetStreamApiError) return `JetStream answered ${error.code}: ${error.message}`;
  return error instanceof Error ? `${error.name} ${error.message}` : String(error);
}
