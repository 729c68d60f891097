// Makes operations of events: a send lasts from the first attempt to the acknowledgement, or for ever where no answer
// came; showing is a read of a range. Says what needs no search: numbers that nobody can have given.

package main

import (
	"fmt"
	"math"
	"sort"

	"github.com/anishathalye/porcupine"
)

const forever = math.MaxInt64

type message struct {
	seq  int64
	name string
}

// seq 0 in the answer: none came.
type send struct{ name string }
type sent struct{ seq int64 }
type look struct{ messages []message }

// Showings of one device that are so close to each other came in one frame, and are one read.
var oneReadUs = int64(10)

type knownSend struct {
	by         device
	name       string
	calledAt   int64
	answeredAt int64
	seq        int64
	isRefused  bool
}

// The operations, the number that the conversation stood at before them, and what is wrong already.
func operationsOf(c *conversation) (ops []porcupine.Operation, base int64, problems []string) {
	sends := map[string]*knownSend{}
	named := map[int64]string{}
	var order []*knownSend
	clients := map[device]int{}
	client := func(by device) int {
		if _, is := clients[by]; !is {
			clients[by] = len(clients)
		}
		return clients[by]
	}
	put := func(s *knownSend) {
		sends[s.name] = s
		order = append(order, s)
	}
	call := func(seq int64, name string, what string) {
		if before, is := named[seq]; is && before != name {
			problems = append(problems, fmt.Sprintf("number %d is %s and, as %s, %s", seq, before, what, name))
		} else {
			named[seq] = name
		}
	}
	reads := newReads()
	// All sends first: lines of several devices need not stand in the order of time.
	for _, e := range c.events {
		if e.Op != "send" && e.Op != "again" {
			continue
		}
		if s := sends[e.Name]; s == nil {
			put(&knownSend{by: e.by(), name: e.Name, calledAt: e.AtUs, answeredAt: forever})
		} else {
			s.calledAt = min(s.calledAt, e.AtUs)
		}
	}
	for _, e := range c.events {
		switch e.Op {
		case "acked":
			s := sends[e.Name]
			if s == nil {
				problems = append(problems, fmt.Sprintf("%s was acknowledged and never sent", e.Name))
				continue
			}
			if s.seq != 0 && s.seq != e.Seq {
				problems = append(problems, fmt.Sprintf("%s was acknowledged as %d and as %d", e.Name, s.seq, e.Seq))
			}
			if e.AtUs < s.calledAt {
				problems = append(problems, fmt.Sprintf("%s was acknowledged before it was sent", e.Name))
			}
			if s.answeredAt == forever {
				s.seq, s.answeredAt = e.Seq, max(e.AtUs, s.calledAt)
			}
			call(e.Seq, e.Name, "acknowledged")
		case "refused":
			if s := sends[e.Name]; s != nil {
				s.isRefused = true
			}
		case "shown":
			name := e.Name
			if name == "" {
				// A message of somebody whose sends are not in this history.
				name = fmt.Sprintf("another's %d", e.Seq)
				if sends[name] == nil {
					put(&knownSend{by: device{-1, -1}, name: name, answeredAt: forever})
				}
			} else if sends[name] == nil {
				problems = append(problems, fmt.Sprintf("%s was shown as %d and never sent", name, e.Seq))
				continue
			}
			call(e.Seq, name, "shown")
			reads.add(e.by(), e.AtUs, message{e.Seq, name})
		}
	}
	base, last := boundsOf(named)
	nameless := order[:0:0]
	seqOf := map[string]int64{}
	for seq, name := range named {
		if seqOf[name] == 0 || seq < seqOf[name] {
			seqOf[name] = seq
		}
	}
	for _, s := range order {
		if s.answeredAt == forever && seqOf[s.name] != 0 {
			// It took effect at some time: somebody has seen it. When its answer would have come is not known.
			s.seq = seqOf[s.name]
		} else if s.answeredAt == forever && !s.isRefused {
			nameless = append(nameless, s)
		}
		if s.isRefused && seqOf[s.name] != 0 {
			problems = append(problems, fmt.Sprintf("%s was refused for good, and stands under %d", s.name, seqOf[s.name]))
		}
	}
	problems = append(problems, fillHoles(named, base, last, nameless)...)
	for _, s := range order {
		if s.seq == 0 {
			// Refused, or never seen by anybody and no number is free for it: as if it had not been.
			continue
		}
		ops = append(ops, porcupine.Operation{
			ClientId: client(s.by), Input: send{s.name}, Call: s.calledAt, Output: sent{s.seq}, Return: s.answeredAt,
		})
	}
	for _, r := range reads.all {
		ops = append(ops, porcupine.Operation{
			ClientId: client(r.by), Input: look{r.messages}, Call: r.from, Output: nil, Return: r.to,
		})
	}
	sort.SliceStable(ops, func(a, b int) bool { return ops[a].Call < ops[b].Call })
	return ops, base, problems
}

func boundsOf(named map[int64]string) (base, last int64) {
	base = forever
	for seq := range named {
		base = min(base, seq-1)
		last = max(last, seq)
	}
	if base == forever {
		base = 0
	}
	return base, last
}

// A number that nobody has seen belongs to a send without an answer: the lowest to the one that was sent first.
func fillHoles(named map[int64]string, base, last int64, nameless []*knownSend) (problems []string) {
	sort.SliceStable(nameless, func(a, b int) bool { return nameless[a].calledAt < nameless[b].calledAt })
	for seq := base + 1; seq <= last; seq++ {
		if _, is := named[seq]; is {
			continue
		}
		if len(nameless) == 0 {
			problems = append(problems, fmt.Sprintf("number %d is nobody's: no send without an answer is left for it", seq))
			continue
		}
		nameless[0].seq = seq
		nameless = nameless[1:]
	}
	return problems
}

type read struct {
	by       device
	from, to int64
	messages []message
}

type reads struct {
	all  []*read
	last map[device]*read
}

func newReads() *reads { return &reads{last: map[device]*read{}} }

func (r *reads) add(by device, at int64, m message) {
	if last := r.last[by]; last != nil && at-last.to <= oneReadUs {
		last.messages = append(last.messages, m)
		last.to = at
		return
	}
	fresh := &read{by: by, from: at, to: at, messages: []message{m}}
	r.last[by] = fresh
	r.all = append(r.all, fresh)
}
