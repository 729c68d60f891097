// Rendezvous hashing (highest random weight; Thaler and Ravishankar, 1998): everyone who knows the same instances
// names the same owner of a bucket, without talking. Who joins takes its share evenly from all; who leaves gives
// only its own buckets away.

import { assert } from "./assert.ts";

export function ownerOf(bucket: number, instances: readonly string[]): string {
  assert(instances.length > 0, "an owner is chosen among instances");
  let owner = "";
  let highest = -1;
  for (const instance of instances) {
    const weight = weightOf(bucket, instance);
    if (weight > highest || (weight === highest && instance > owner)) {
      highest = weight;
      owner = instance;
    }
  }
  return owner;
}

/** FNV-1a over the name, then the finalizer of MurmurHash3 over both (Austin Appleby, public domain). */
function weightOf(bucket: number, instance: string): number {
  let word = 0x811c9dc5;
  for (let i = 0; i < instance.length; i++) word = Math.imul(word ^ instance.charCodeAt(i), 0x01000193);
  word = Math.imul(word ^ Math.imul(bucket + 1, 0x9e3779b1), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 16), 0x85ebca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
  return (word ^ (word >>> 16)) >>> 0;
}
