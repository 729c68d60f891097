// One history out of those of the generator's processes, in the order of time.

import { once } from "node:events";
import { createReadStream, createWriteStream, rmSync } from "node:fs";
import { createInterface } from "node:readline";

/** `FILE.0`, `FILE.1` ... become FILE. Each is nearly in order by itself; a merge of their heads keeps that. */
export async function gatherHistory(file: string, processes: number): Promise<void> {
  const parts = Array.from({ length: processes }, (_, n) => `${file}.${n}`);
  const readers = parts.map((part) =>
    createInterface({ input: createReadStream(part) })[Symbol.asyncIterator](),
  );
  const output = createWriteStream(file);
  const heads = await Promise.all(readers.map(next));
  for (;;) {
    let first = -1;
    for (const [n, head] of heads.entries())
      if (head && (first < 0 || head.atUs < heads[first]!.atUs)) first = n;
    if (first < 0) break;
    if (!output.write(`${heads[first]!.line}\n`)) await once(output, "drain");
    heads[first] = await next(readers[first]!);
  }
  output.end();
  await once(output, "finish");
  for (const part of parts) rmSync(part, { force: true });
}

async function next(
  reader: AsyncIterator<string>,
): Promise<{ readonly line: string; readonly atUs: number } | null> {
  const { value, done } = await reader.next();
  return done ? null : { line: value, atUs: (JSON.parse(value) as { atUs: number }).atUs };
}
