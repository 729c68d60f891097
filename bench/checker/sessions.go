// A second look, by other means and without Porcupine: what each device was promised by itself. Every message once,
// in rising numbers, without a hole; read cursors that only move forwards; nothing of what it sent goes missing.

package main

import "fmt"

type stand struct {
	// The number shown last; 0: none yet.
	last     int64
	cursor   int64
	byName   map[string]int64
	answered map[string]int64
}

func sessionProblems(c *conversation) (problems []string) {
	stands := map[device]*stand{}
	say := func(e event, form string, args ...interface{}) {
		who := fmt.Sprintf("person %d, device %d, at %.6f s: ", e.Person, e.Device, float64(e.AtUs)/1e6)
		problems = append(problems, who+fmt.Sprintf(form, args...))
	}
	for _, e := range c.events {
		s := stands[e.by()]
		if s == nil {
			s = &stand{byName: map[string]int64{}, answered: map[string]int64{}}
			stands[e.by()] = s
		}
		switch e.Op {
		case "shown":
			switch {
			case s.last != 0 && e.Seq > s.last+1:
				say(e, "%d is shown after %d: what is between was not", e.Seq, s.last)
			case s.last != 0 && e.Seq == s.last:
				say(e, "%d is shown twice", e.Seq)
			case s.last != 0 && e.Seq < s.last:
				say(e, "%d is shown after %d: out of order, or again", e.Seq, s.last)
			}
			s.last = max(s.last, e.Seq)
			if e.Name == "" {
				continue
			}
			if before := s.byName[e.Name]; before != 0 && before != e.Seq {
				say(e, "%s is shown as %d and as %d", e.Name, before, e.Seq)
			}
			s.byName[e.Name] = e.Seq
			if promised := s.answered[e.Name]; promised != 0 && promised != e.Seq {
				say(e, "%s was acknowledged as %d and is shown as %d", e.Name, promised, e.Seq)
			}
		case "acked":
			s.answered[e.Name] = e.Seq
			if before := s.byName[e.Name]; before != 0 && before != e.Seq {
				say(e, "%s is shown as %d and acknowledged as %d", e.Name, before, e.Seq)
			}
		case "reset":
			// 0: it does not say where it begins anew.
			s.last = e.Seq
		case "cursor":
			if e.Seq < s.cursor {
				say(e, "the read cursor went from %d back to %d", s.cursor, e.Seq)
			}
			s.cursor = max(s.cursor, e.Seq)
		}
	}
	return problems
}
