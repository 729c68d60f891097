// Gathers single questions into one piece of work: while one batch is under way the next one grows, and when
// nothing is under way a question starts at once. So a lone question never waits, and a storm asks once.

export interface GatherOptions<Item, Answer> {
  /** Answers in the order of `items`. A rejection rejects every question of the batch. */
  work(items: readonly Item[]): Promise<readonly Answer[]>;
  batchMax: number;
  /** Questions waiting beyond the batch under way; one more is rejected with GatherFull. */
  queueMax: number;
}

export class GatherFull extends Error {
  override name = "GatherFull";
}

interface Question<Item, Answer> {
  readonly item: Item;
  readonly answer: (answer: Answer) => void;
  readonly fail: (reason: unknown) => void;
}

export class Gather<Item, Answer> {
  readonly #options: GatherOptions<Item, Answer>;
  #waiting: Question<Item, Answer>[] = [];
  #isRunning = false;

  constructor(options: GatherOptions<Item, Answer>) {
    this.#options = options;
  }

  ask(item: Item): Promise<Answer> {
    if (this.#waiting.length >= this.#options.queueMax)
      return Promise.reject(new GatherFull("too many questions wait"));
    return new Promise((answer, fail) => {
      this.#waiting.push({ item, answer, fail });
      if (!this.#isRunning) {
        this.#isRunning = true;
        queueMicrotask(() => this.#run());
      }
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, this.#options.batchMax);
      try {
        const answers = await this.#options.work(batch.map((question) => question.item));
        for (let i = 0; i < batch.length; i++) batch[i]!.answer(answers[i] as Answer);
      } catch (error) {
        for (const question of batch) question.fail(error);
      }
    }
    this.#isRunning = false;
  }
}
