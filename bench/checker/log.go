// An append-only numbered log that shares its past with every other state that came from it, so that a checker may
// go back and forth between states at no cost. Equal logs are the same pointer.

package main

type entry struct {
	seq    int64
	name   string
	before *entry
	// Somewhere further back, so that any number is found in a logarithmic number of steps.
	jump  *entry
	after map[string]*entry
}

// All logs of one conversation, and where each name was ever put in any of them.
type logs struct {
	empty  *entry
	placed map[string][]*entry
}

func newLogs(base int64) *logs {
	empty := &entry{seq: base}
	empty.jump = empty
	return &logs{empty: empty, placed: map[string][]*entry{}}
}

func (l *logs) with(last *entry, name string) *entry {
	if next := last.after[name]; next != nil {
		return next
	}
	next := &entry{seq: last.seq + 1, name: name, before: last, jump: last}
	if last.seq-last.jump.seq == last.jump.seq-last.jump.jump.seq {
		next.jump = last.jump.jump
	}
	if last.after == nil {
		last.after = map[string]*entry{}
	}
	last.after[name] = next
	l.placed[name] = append(l.placed[name], next)
	return next
}

// The entry with this number; nil when there is none.
func (last *entry) at(seq int64) *entry {
	at := last
	for at.before != nil && at.seq > seq {
		if at.jump.seq >= seq {
			at = at.jump
		} else {
			at = at.before
		}
	}
	if at.seq != seq || at.before == nil {
		return nil
	}
	return at
}

// Under which entry the name stands in this log; nil when it does not.
func (l *logs) find(last *entry, name string) *entry {
	for _, placed := range l.placed[name] {
		if last.at(placed.seq) == placed {
			return placed
		}
	}
	return nil
}
