// The compact tables of a gateway are maps and sets: whatever is done to them, they say what plain ones would say.

import { expect, test } from "bun:test";
import fc from "fast-check";
import { IdNumbers } from "#base/id-numbers.ts";
import type { ConversationId } from "#base/ids.ts";
import { Rooms } from "#services/gateway/rooms.ts";
import { seed } from "#tests/contract/made-up.ts";

/** Ids that differ in one end only, as those of one moment or of one maker do. */
const idNo = (n: number) =>
  (n % 2 === 0
    ? `01234567-89ab-7def-8123-${n.toString(16).padStart(12, "0")}`
    : `${n.toString(16).padStart(8, "0")}-89ab-7def-8123-0123456789ab`) as ConversationId;

test("numbers of ids are those of a map, whatever was added and deleted before", () => {
  const steps = fc.array(fc.record({ isAdded: fc.boolean(), n: fc.nat(300) }), { maxLength: 1_000 });
  const property = fc.property(steps, (wanted) => {
    const numbers = new IdNumbers<ConversationId>();
    const model = new Map<ConversationId, number>();
    for (const { isAdded, n } of wanted) {
      const id = idNo(n);
      const before = model.get(id);
      if (isAdded) {
        const no = numbers.add(id);
        if (before !== undefined) expect(no).toBe(before);
        model.set(id, no);
      } else {
        expect(numbers.delete(id)).toBe(before ?? -1);
        model.delete(id);
      }
    }
    expect(numbers.size).toBe(model.size);
    expect(new Set(model.values()).size).toBe(model.size);
    for (let n = 0; n <= 300; n++) expect(numbers.numberOf(idNo(n))).toBe(model.get(idNo(n)) ?? -1);
    for (const [id, no] of model) {
      expect(numbers.idOf(no)).toBe(id);
      expect(no).toBeLessThan(numbers.end);
    }
  });
  fc.assert(property, { seed, numRuns: 100 });
});

test("a hundred thousand ids are found again, and none that was not added", () => {
  const numbers = new IdNumbers<ConversationId>();
  for (let n = 0; n < 100_000; n++) expect(numbers.add(idNo(n))).toBe(n);
  for (let n = 0; n < 100_000; n += 3) numbers.delete(idNo(n));
  for (let n = 0; n < 100_000; n++) expect(numbers.has(idNo(n))).toBe(n % 3 !== 0);
  expect(numbers.has(idNo(100_001))).toBe(false);
});

test("who is in a room is what a set of slots would say, for one, for many and after all have left", () => {
  const steps = fc.array(fc.record({ isIn: fc.boolean(), room: fc.nat(3), slot: fc.nat(6) }), {
    maxLength: 200,
  });
  const property = fc.property(steps, (wanted) => {
    const rooms = new Rooms();
    const model = new Map<number, Set<number>>();
    for (const { isIn, room, slot } of wanted) {
      const id = idNo(room);
      const there = model.get(room) ?? new Set<number>();
      if (isIn && !there.has(slot)) {
        const no = there.size === 0 ? rooms.open(id) : rooms.numberOf(id);
        rooms.addSlot(no, slot);
        model.set(room, there.add(slot));
      } else if (!isIn && there.delete(slot)) {
        const no = rooms.numberOf(id);
        rooms.removeSlot(no, slot);
        expect(rooms.isOpen(no)).toBe(there.size > 0);
        if (there.size === 0) rooms.close(no);
      }
      for (const [n, slots] of model) {
        const no = rooms.numberOf(idNo(n));
        expect(no >= 0).toBe(slots.size > 0);
        if (no < 0) continue;
        const found = Array.from({ length: rooms.count(no) }, (_, i) => rooms.slot(no, i));
        expect(found.sort()).toEqual([...slots].sort());
      }
    }
  });
  fc.assert(property, { seed, numRuns: 100 });
});
