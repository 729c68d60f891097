// Answers above a size are compressed for a client that takes it: usual ones at once, which costs less than handing
// them to another thread; large ones off the main thread. What was answered lately is not compressed again: whoever
// opens a conversation gets what the one before got, as long as nothing changes.

import { promisify } from "node:util";
import { gzip, zstdCompress } from "node:zlib";
import { LRUCache } from "lru-cache";

export type Encoding = "zstd" | "gzip";
type Bytes = Uint8Array<ArrayBuffer>;

const encodings: readonly Encoding[] = ["zstd", "gzip"];
const elsewhere = { zstd: promisify(zstdCompress), gzip: promisify(gzip) };
/** A higher level saves 2 % of a page and takes half as long again. */
const level = 1;
const atOnce: Record<Encoding, (bytes: Bytes) => Bytes> = {
  zstd: (bytes) => new Uint8Array(Bun.zstdCompressSync(bytes, { level })),
  gzip: (bytes) => Bun.gzipSync(bytes, { level, library: "libdeflate" }),
};
const atOnceBytesMax = 64 * 1024;
const keptBytesMax = 8 * 1024 * 1024;

interface Kept {
  readonly text: string;
  readonly encoding: Encoding;
  readonly bytes: Bytes;
}

export class Compression {
  /** By the text's hash; the text itself tells whether it is the one. */
  readonly #kept = new LRUCache<number, Kept>({
    maxSize: keptBytesMax,
    sizeCalculation: ({ text, bytes }) => text.length + bytes.byteLength,
  });
  #hits = 0;
  #misses = 0;

  compress(text: string, encoding: Encoding): Bytes | Promise<Bytes> {
    if (text.length > atOnceBytesMax) return compressElsewhere(text, encoding);
    const key = Bun.hash.xxHash32(text, encodings.indexOf(encoding));
    const kept = this.#kept.get(key);
    if (kept?.text === text && kept.encoding === encoding) {
      this.#hits++;
      return kept.bytes;
    }
    this.#misses++;
    const bytes = atOnce[encoding](Buffer.from(text));
    this.#kept.set(key, { text, encoding, bytes });
    return bytes;
  }

  stats(): { hits: number; misses: number; entries: number } {
    return { hits: this.#hits, misses: this.#misses, entries: this.#kept.size };
  }
}

export async function compressElsewhere(text: string, encoding: Encoding): Promise<Bytes> {
  return new Uint8Array(await elsewhere[encoding](text));
}

/** The first of `offered` that the client takes; `;q=0` is a no. */
export function acceptedEncoding(
  header: string | undefined,
  offered: readonly Encoding[] = encodings,
): Encoding | null {
  if (header === undefined) return null;
  const accepted = new Set<string>();
  for (const part of header.toLowerCase().split(",")) {
    const [name = "", ...parameters] = part.split(";").map((piece) => piece.trim());
    if (!parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) accepted.add(name);
  }
  return offered.find((encoding) => accepted.has(encoding)) ?? null;
}
