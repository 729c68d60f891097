// The verdict on one conversation, and where it is broken the shortest beginning of it that is, as a page.

package main

import (
	"fmt"
	"path/filepath"
	"sort"
	"time"

	"github.com/anishathalye/porcupine"
)

type verdict struct {
	id           string
	sends, reads int
	took         time.Duration
	isUndecided  bool
	isIllegal    bool
	problems     []string
	ops          []porcupine.Operation
	base         int64
}

func (v verdict) isBroken() bool { return len(v.problems) > 0 }

func judge(c *conversation, timeout time.Duration) verdict {
	began := time.Now()
	ops, base, problems := operationsOf(c)
	v := verdict{id: c.id, base: base, problems: append(problems, orderProblems(ops)...)}
	for _, op := range ops {
		if _, is := op.Input.(send); is {
			v.sends++
		} else {
			v.reads++
		}
	}
	for _, part := range partsOf(ops, base) {
		switch check(part.ops, part.base, timeout) {
		case porcupine.Illegal:
			if !v.isIllegal {
				v.problems = append(v.problems, "Porcupine: no order of its operations is one that a numbered log allows")
				v.isIllegal, v.ops, v.base = true, part.ops, part.base
			}
		case porcupine.Unknown:
			v.isUndecided = true
		}
	}
	v.problems = append(v.problems, sessionProblems(c)...)
	v.took = time.Since(began)
	return v
}

func check(ops []porcupine.Operation, base int64, timeout time.Duration) porcupine.CheckResult {
	l := newLogs(base)
	return porcupine.CheckOperationsTimeout(modelOf(l, l.empty), ops, timeout)
}

func (v verdict) line() string {
	word := "ok"
	if v.isBroken() {
		word = "BROKEN"
	} else if v.isUndecided {
		word = "undecided"
	}
	return fmt.Sprintf("%-9s  %s  %d sends, %d reads, %.3f s", word, v.id, v.sends, v.reads, v.took.Seconds())
}

const (
	problemsTold = 8
	pagesMax     = 5
	windowOps    = 120
	searchWithin = 20 * time.Second
)

func (v verdict) tell(folder string, no int) {
	for i, problem := range v.problems {
		if i == problemsTold {
			fmt.Printf("           ... and %d more\n", len(v.problems)-problemsTold)
			break
		}
		fmt.Println("           " + problem)
	}
	if !v.isIllegal || no > pagesMax {
		return
	}
	path := filepath.Join(folder, "violation-"+v.id+".html")
	if err := v.show(path); err != nil {
		fmt.Println("           no page:", err)
	} else {
		fmt.Println("           " + path)
	}
}

// The shortest beginning that is broken, and of it the end, is what a person can look at.
func (v verdict) show(path string) error {
	ends := endsOf(v.ops)
	first := sort.Search(len(ends), func(i int) bool {
		return check(until(v.ops, ends[i]), v.base, searchWithin) == porcupine.Illegal
	})
	ops := v.ops
	if first < len(ends) {
		ops = until(v.ops, ends[first])
	}
	l := newLogs(v.base)
	model, shown := modelOf(l, l.empty), ops
	if len(ops) > windowOps {
		start, window := windowOf(l, ops)
		if porcupine.CheckOperationsTimeout(modelOf(l, start), window, searchWithin) == porcupine.Illegal {
			model, shown = modelOf(l, start), window
		}
	}
	_, info := porcupine.CheckOperationsVerbose(model, shown, searchWithin)
	return porcupine.VisualizePath(model, info, path)
}

func endsOf(ops []porcupine.Operation) []int64 {
	var ends []int64
	for _, op := range ops {
		if op.Return != forever {
			ends = append(ends, op.Return)
		}
	}
	sort.Slice(ends, func(a, b int) bool { return ends[a] < ends[b] })
	return ends
}

// What had ended by then, and the sends that must have taken effect because a higher number was known. If the whole
// is as a log behaves, each such beginning is.
func until(ops []porcupine.Operation, end int64) []porcupine.Operation {
	newest := int64(0)
	for _, op := range ops {
		if op.Return <= end {
			newest = max(newest, newestOf(op))
		}
	}
	var kept []porcupine.Operation
	for _, op := range ops {
		_, isSend := op.Input.(send)
		if op.Return <= end || isSend && newestOf(op) <= newest {
			kept = append(kept, op)
		}
	}
	return kept
}

// The highest number that an operation tells of.
func newestOf(op porcupine.Operation) int64 {
	if answer, is := op.Output.(sent); is {
		return answer.seq
	}
	newest := int64(0)
	for _, m := range op.Input.(look).messages {
		newest = max(newest, m.seq)
	}
	return newest
}

// The last operations, and the log that stood before the first of their sends.
func windowOf(l *logs, ops []porcupine.Operation) (*entry, []porcupine.Operation) {
	ends := endsOf(ops)
	cut := ends[max(0, len(ends)-windowOps)]
	first := int64(forever)
	names := map[int64]string{}
	for _, op := range ops {
		if it, is := op.Input.(send); is {
			seq := newestOf(op)
			names[seq] = it.name
			if op.Return > cut {
				first = min(first, seq)
			}
		}
	}
	start := l.empty
	for seq := start.seq + 1; seq < first && names[seq] != ""; seq++ {
		start = l.with(start, names[seq])
	}
	var window []porcupine.Operation
	for _, op := range ops {
		_, isSend := op.Input.(send)
		if isSend && newestOf(op) >= first || !isSend && op.Return > cut {
			window = append(window, op)
		}
	}
	return start, window
}
