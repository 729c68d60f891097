// What a conversation promises, as a sequential model for Porcupine: a send gives its name the next number, once; a
// read finds under each number the name that was put there.

package main

import (
	"fmt"
	"strings"

	"github.com/anishathalye/porcupine"
)

func modelOf(l *logs, start *entry) porcupine.Model {
	return porcupine.Model{
		Init: func() interface{} { return start },
		Step: func(state, input, output interface{}) (bool, interface{}) {
			log := state.(*entry)
			switch it := input.(type) {
			case send:
				answer := output.(sent)
				if known := l.find(log, it.name); known != nil {
					return known.seq == answer.seq, log
				}
				if answer.seq != log.seq+1 {
					return false, log
				}
				return true, l.with(log, it.name)
			case look:
				for _, m := range it.messages {
					if found := log.at(m.seq); found == nil || found.name != m.name {
						return false, log
					}
				}
				return true, log
			}
			panic("an operation of no kind")
		},
		Equal: func(a, b interface{}) bool { return a == b },
		DescribeOperation: func(input, output interface{}) string {
			if it, is := input.(send); is {
				return fmt.Sprintf("send %s -> %d", it.name, output.(sent).seq)
			}
			var words []string
			for _, m := range input.(look).messages {
				words = append(words, fmt.Sprintf("%d %s", m.seq, m.name))
			}
			return "shows " + strings.Join(words, ", ")
		},
		DescribeState: func(state interface{}) string {
			log := state.(*entry)
			return fmt.Sprintf("%d messages, the newest %s", log.seq, log.name)
		},
	}
}
