// Sends the same body over some connections for some seconds; prints what came back as JSON.
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

func main() {
	url := flag.String("url", "", "where to")
	file := flag.String("body", "", "file with the body")
	connections := flag.Int("connections", 64, "at once")
	seconds := flag.Float64("seconds", 10, "how long")
	rate := flag.Float64("rate", 0, "requests a second; 0: as fast as possible")
	flag.Parse()
	body, err := os.ReadFile(*file)
	if err != nil {
		panic(err)
	}
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: *connections, DisableCompression: true},
		Timeout:   time.Minute,
	}
	var failed atomic.Int64
	var due atomic.Int64
	took := make([][]time.Duration, *connections)
	begun := time.Now()
	end := begun.Add(time.Duration(*seconds * float64(time.Second)))
	var all sync.WaitGroup
	for n := range *connections {
		all.Add(1)
		go func() {
			defer all.Done()
			for time.Now().Before(end) {
				sent := time.Now()
				if *rate > 0 { // from when it was due, so that a server that stalls is not spared
					sent = begun.Add(time.Duration(float64(due.Add(1)) / *rate * float64(time.Second)))
					time.Sleep(time.Until(sent))
				}
				answer, err := client.Post(*url, "application/json", bytes.NewReader(body))
				if err != nil {
					failed.Add(1)
					continue
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
				if answer.StatusCode != http.StatusAccepted {
					failed.Add(1)
					continue
				}
				took[n] = append(took[n], time.Since(sent))
			}
		}()
	}
	all.Wait()
	elapsed := time.Since(begun).Seconds()
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
	said, _ := json.Marshal(map[string]any{
		"requests": len(every), "failed": failed.Load(), "seconds": elapsed,
		"requests_per_second": float64(len(every)) / elapsed,
		"p50_ms":              at(0.5), "p99_ms": at(0.99),
	})
	fmt.Println(string(said))
}
