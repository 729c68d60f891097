// Reads a history: one line of JSON for each event, as bench/load/history.ts describes them. It knows nothing of how
// Banyan works; what is wrong in a line is told with the line's number.

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

type event struct {
	AtUs         int64  `json:"atUs"`
	Person       int    `json:"person"`
	Device       int    `json:"device"`
	Conversation string `json:"conversation"`
	Op           string `json:"op"`
	Name         string `json:"name"`
	Seq          int64  `json:"seq"`
	Rev          int64  `json:"rev"`
	Code         string `json:"code"`
}

type device struct{ person, no int }

func (e event) by() device { return device{e.Person, e.Device} }

// The history of one conversation; the events of one device are in its own order.
type conversation struct {
	id     string
	events []event
}

const lineBytesMax = 1 << 20

func readHistory(from io.Reader) ([]*conversation, int, error) {
	lines := bufio.NewScanner(from)
	lines.Buffer(make([]byte, 64<<10), lineBytesMax)
	byID := map[string]*conversation{}
	var all []*conversation
	count := 0
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		count++
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, 0, fmt.Errorf("line %d is no event: %w", count, err)
		}
		if e.Conversation == "" || e.Op == "" {
			return nil, 0, fmt.Errorf("line %d has no conversation or no op", count)
		}
		c := byID[e.Conversation]
		if c == nil {
			c = &conversation{id: e.Conversation}
			byID[e.Conversation] = c
			all = append(all, c)
		}
		c.events = append(c.events, e)
	}
	return all, count, lines.Err()
}
