// checker HISTORY: judges a history of what people sent and were shown, conversation by conversation. Twice: Porcupine
// looks for an order of all operations that a numbered log allows, and sessions.go looks at each device by itself.
// Exit code: 0 all is well, 1 something is not, 2 wrong use, 3 the time was not enough to say.

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"sync"
	"time"
)

const (
	well = iota
	broken
	wrongUse
	undecided
)

func main() {
	all := flag.Bool("all", false, "print a line for each conversation, not only for broken ones")
	timeout := flag.Duration("timeout", 60*time.Second, "give up on one conversation after this long")
	workers := flag.Int("workers", 2, "conversations that are looked at together")
	folder := flag.String("html", "", "folder for pages that show a violation (default: beside the history)")
	each := flag.Bool("each", false, "take each showing as a read by itself, also where several came in one frame")
	flag.Parse()
	if *each {
		oneReadUs = -1
	}
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "checker: give one history: checker [--all] [--each] [--timeout 60s] [--html FOLDER] FILE")
		os.Exit(wrongUse)
	}
	file := flag.Arg(0)
	if *folder == "" {
		*folder = filepath.Dir(file)
	}
	began := time.Now()
	from, err := os.Open(file)
	if err != nil {
		fmt.Fprintln(os.Stderr, "checker:", err)
		os.Exit(wrongUse)
	}
	conversations, events, err := readHistory(from)
	from.Close()
	if err != nil {
		fmt.Fprintln(os.Stderr, "checker:", err)
		os.Exit(wrongUse)
	}
	read := time.Since(began)
	verdicts := judgeAll(conversations, *timeout, *workers)
	os.Exit(report(verdicts, events, read, time.Since(began), *all, *folder))
}

func judgeAll(conversations []*conversation, timeout time.Duration, workers int) []verdict {
	verdicts := make([]verdict, len(conversations))
	next := make(chan int)
	var done sync.WaitGroup
	for range workers {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := range next {
				verdicts[i] = judge(conversations[i], timeout)
				conversations[i].events = nil
			}
		}()
	}
	for i := range conversations {
		next <- i
	}
	close(next)
	done.Wait()
	return verdicts
}

func report(verdicts []verdict, events int, read, total time.Duration, all bool, folder string) int {
	sort.SliceStable(verdicts, func(a, b int) bool { return len(verdicts[a].problems) > len(verdicts[b].problems) })
	code, sends, reads, bad, unsure := well, 0, 0, 0, 0
	for _, v := range verdicts {
		sends += v.sends
		reads += v.reads
		if v.isBroken() {
			bad++
			code = broken
		} else if v.isUndecided {
			unsure++
			if code == well {
				code = undecided
			}
		}
		if all || v.isBroken() || v.isUndecided {
			fmt.Println(v.line())
		}
		if v.isBroken() {
			v.tell(folder, bad)
		}
	}
	fmt.Printf("%d conversations, %d events: %d sends and %d reads in %.1f s (reading %.1f s)\n",
		len(verdicts), events, sends, reads, total.Seconds(), read.Seconds())
	fmt.Printf("%d broken, %d undecided, %d as a numbered log behaves\n", bad, unsure, len(verdicts)-bad-unsure)
	return code
}
