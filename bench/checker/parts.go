// Porcupine's memory grows with the square of a conversation. A large one is looked at in parts: first without reads
// that say what an earlier one has said, then message range by message range.
// What only shows between two parts far from each other is found by order.go.

package main

import (
	"sort"

	"github.com/anishathalye/porcupine"
)

const wholeOpsMax = 20_000

// The log of a part starts after `base`; what stands before it is looked at in the part before.
type part struct {
	base int64
	ops  []porcupine.Operation
}

func partsOf(ops []porcupine.Operation, base int64) []part {
	if len(ops) <= wholeOpsMax {
		return []part{{base: base, ops: ops}}
	}
	ops = withoutRepeats(ops)
	last := base
	for _, op := range ops {
		last = max(last, newestOf(op))
	}
	messages := last - base
	count := int64(len(ops)/wholeOpsMax + 1)
	size := max(1, (messages+count-1)/count)
	var parts []part
	for from := base; from < last; from += size {
		to := min(last, from+size)
		one := part{base: from}
		for _, op := range ops {
			if seq := newestOf(op); seq > from && seq <= to {
				one.ops = append(one.ops, within(op, from))
			}
		}
		parts = append(parts, one)
	}
	return parts
}

// A read of what stands before the part has nothing to do there.
func within(op porcupine.Operation, from int64) porcupine.Operation {
	it, is := op.Input.(look)
	if !is {
		return op
	}
	var kept []message
	for _, m := range it.messages {
		if m.seq > from {
			kept = append(kept, m)
		}
	}
	op.Input = look{kept}
	return op
}

// Of several reads that found the same under the same number only the earliest can be wrong: a log only grows.
func withoutRepeats(ops []porcupine.Operation) []porcupine.Operation {
	byEnd := make([]porcupine.Operation, len(ops))
	copy(byEnd, ops)
	sort.SliceStable(byEnd, func(a, b int) bool { return byEnd[a].Return < byEnd[b].Return })
	seen := map[message]bool{}
	var kept []porcupine.Operation
	for _, op := range byEnd {
		it, is := op.Input.(look)
		if !is {
			kept = append(kept, op)
			continue
		}
		var fresh []message
		for _, m := range it.messages {
			if !seen[m] {
				seen[m] = true
				fresh = append(fresh, m)
			}
		}
		if len(fresh) > 0 {
			op.Input = look{fresh}
			kept = append(kept, op)
		}
	}
	sort.SliceStable(kept, func(a, b int) bool { return kept[a].Call < kept[b].Call })
	return kept
}
