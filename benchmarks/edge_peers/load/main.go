// Sends bodies over some connections for some seconds; prints what came back as JSON.
//
// With -rate each request has a time at which it is due, whatever becomes of those before it, and
// its latency counts from then: a server that stalls is not spared what it kept waiting.
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"sort"
	"sync"
	"sync/atomic"
	"time"
)

// How long after its time a server that cannot keep up is still sent what was due.
const patience = time.Minute

type load struct {
	client   *http.Client
	url      string
	bodies   [][]byte
	begun    time.Time
	end      time.Time
	rate     float64
	most     int64
	turns    atomic.Int64
	failed   atomic.Int64
	accepted atomic.Int64
	refused  atomic.Int64
}

// next waits until a request is due and says since when it is; false when there is none any more.
func (l *load) next() (turn int64, since time.Time, more bool) {
	turn = l.turns.Add(1) - 1
	if l.rate <= 0 {
		now := time.Now()
		return turn, now, now.Before(l.end)
	}
	if turn >= l.most || time.Now().After(l.end.Add(patience)) {
		return turn, since, false
	}
	since = l.begun.Add(time.Duration(float64(turn) / l.rate * float64(time.Second)))
	time.Sleep(time.Until(since))
	return turn, since, true
}

// send says whether a body was taken, perhaps but for some of its events.
func (l *load) send(body []byte) bool {
	answer, err := l.client.Post(l.url, "application/json", bytes.NewReader(body))
	if err != nil {
		l.failed.Add(1)
		return false
	}
	said, err := io.ReadAll(answer.Body)
	answer.Body.Close()
	var taken struct {
		Accepted int64
		Refused  []json.RawMessage
	}
	if err != nil || answer.StatusCode != http.StatusAccepted || json.Unmarshal(said, &taken) != nil {
		l.failed.Add(1)
		return false
	}
	l.accepted.Add(taken.Accepted)
	l.refused.Add(int64(len(taken.Refused)))
	return true
}

func (l *load) run() (took []time.Duration) {
	for {
		turn, since, more := l.next()
		if !more {
			return took
		}
		if l.send(l.bodies[turn%int64(len(l.bodies))]) {
			took = append(took, time.Since(since))
		}
	}
}

func main() {
	url := flag.String("url", "", "where to")
	file := flag.String("bodies", "", "file with a body in each line, sent in turn")
	connections := flag.Int("connections", 64, "at once")
	seconds := flag.Float64("seconds", 10, "how long")
	rate := flag.Float64("rate", 0, "requests a second; 0: as fast as possible")
	flag.Parse()
	content, err := os.ReadFile(*file)
	if err != nil {
		panic(err)
	}
	begun := time.Now()
	sending := &load{
		client: &http.Client{
			Transport: &http.Transport{MaxIdleConnsPerHost: *connections, DisableCompression: true},
			Timeout:   time.Minute,
		},
		url:    *url,
		bodies: bytes.Split(bytes.TrimSpace(content), []byte("\n")),
		begun:  begun,
		end:    begun.Add(time.Duration(*seconds * float64(time.Second))),
		rate:   *rate,
		most:   int64(*rate * *seconds),
	}
	took := make([][]time.Duration, *connections)
	var all sync.WaitGroup
	for n := range took {
		all.Go(func() { took[n] = sending.run() })
	}
	all.Wait()
	tell(sending, took, time.Since(begun).Seconds())
}

func tell(sent *load, took [][]time.Duration, elapsed float64) {
	var every []time.Duration
	for _, some := range took {
		every = append(every, some...)
	}
	sort.Slice(every, func(a, b int) bool { return every[a] < every[b] })
	at := func(share float64) float64 {
		if len(every) == 0 {
			return 0
		}
		return float64(every[int(share*float64(len(every)-1))].Microseconds()) / 1000
	}
	failed := sent.failed.Load()
	said, _ := json.Marshal(map[string]any{
		"requests": len(every), "failed": failed,
		"accepted_events": sent.accepted.Load(), "refused_events": sent.refused.Load(),
		"never_sent": max(0, sent.most-int64(len(every))-failed), "seconds": elapsed,
		"requests_per_second": float64(len(every)) / elapsed,
		"p50_ms":              at(0.5), "p99_ms": at(0.99), "p999_ms": at(0.999), "max_ms": at(1),
	})
	fmt.Println(string(said))
}
