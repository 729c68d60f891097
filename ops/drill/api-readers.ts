// Readers of the HTTP API, next to the crowd at its sockets: each asks again and again for a page of the hall, and
// notes how long nobody was answered.

import type { People, Person } from "#ops/drill/people.ts";
import type { Answered } from "#ops/drill/timeline.ts";

const everyMs = 100;
const withinMs = 5_000;

export class ApiReaders {
  readonly answered: Answered[] = [];
  #isReading = true;
  #reading: Promise<unknown>;

  constructor(url: string, { persons, hall }: People) {
    const page = `${url}/v1/conversations/${hall}/messages?limit=20`;
    this.#reading = Promise.all(persons.slice(0, 4).map((person) => this.#readOn(page, person)));
  }

  async stop(): Promise<void> {
    this.#isReading = false;
    await this.#reading;
  }

  async #readOn(page: string, { token }: Person): Promise<void> {
    const headers = { authorization: `Bearer ${token}` };
    let began = performance.now();
    while (this.#isReading) {
      const isAnswered = await fetch(page, { headers, signal: AbortSignal.timeout(withinMs) }).then(
        async (answer) => (await answer.arrayBuffer()) && answer.ok,
        () => false,
      );
      const at = performance.now();
      if (isAnswered) this.answered.push({ at, tookMs: at - began });
      await Bun.sleep(everyMs);
      if (isAnswered) began = performance.now();
    }
  }
}
