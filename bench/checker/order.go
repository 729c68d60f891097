// What time alone says about a numbered log, in one pass and at any size: who got a lower number was sent before a
// higher one was known. Porcupine finds the same by search, within the part of a conversation that it looks at.

package main

import (
	"fmt"
	"sort"

	"github.com/anishathalye/porcupine"
)

func orderProblems(ops []porcupine.Operation) (problems []string) {
	called := map[int64]int64{}
	// When the number was there at the latest.
	known := map[int64]int64{}
	note := func(seq, at int64) {
		if before, is := known[seq]; !is || at < before {
			known[seq] = at
		}
	}
	for _, op := range ops {
		if it, is := op.Output.(sent); is {
			called[it.seq] = op.Call
			note(it.seq, op.Return)
			continue
		}
		for _, m := range op.Input.(look).messages {
			note(m.seq, op.Return)
		}
	}
	seqs := make([]int64, 0, len(called))
	for seq := range called {
		seqs = append(seqs, seq)
	}
	sort.Slice(seqs, func(a, b int) bool { return seqs[a] > seqs[b] })
	earliest, earliestSeq := int64(forever), int64(0)
	for _, seq := range seqs {
		if at, is := known[seq]; is && at < earliest {
			earliest, earliestSeq = at, seq
		}
		if called[seq] > earliest {
			problems = append(problems, fmt.Sprintf("number %d was sent %.3f ms after %d was there",
				seq, float64(called[seq]-earliest)/1e3, earliestSeq))
		}
	}
	return problems
}
