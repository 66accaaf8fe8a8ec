// The edge's peer: net/http and franz-go, the same fields checked, answered when Kafka has all.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

type event struct {
	Time      *string `json:"time"`
	Session   *string `json:"session_id"`
	Platform  *string `json:"platform"`
	Channel   *string `json:"channel"`
	ASN       *int64  `json:"asn"`
	CDN       *string `json:"current_cdn"`
	Kbps      *int64  `json:"video_profile_kbps"`
	Heartbeat *int64  `json:"heartbeat_seconds"`
}

func text(value *string, most int) bool {
	return value != nil && len(*value) > 0 && len(*value) <= most
}

func within(value *int64, least, most int64) bool {
	return value != nil && *value >= least && *value <= most
}

func (e *event) good(now time.Time) bool {
	if e.Time == nil || !text(e.Session, 128) || !text(e.Platform, 64) || !text(e.Channel, 128) ||
		!text(e.CDN, 64) || !within(e.ASN, 0, 4294967295) || !within(e.Kbps, 0, 1000000) ||
		(e.Heartbeat != nil && !within(e.Heartbeat, 1, 3600)) {
		return false
	}
	at, err := time.Parse(time.RFC3339Nano, *e.Time)
	return err == nil && at.Before(now.Add(time.Minute)) && at.After(now.AddDate(0, 0, -60))
}

func main() {
	broker := flag.String("broker", "", "host:port")
	topic := flag.String("topic", "", "to write to")
	address := flag.String("address", "", "to listen at")
	flag.Parse()
	kafka, err := kgo.NewClient(
		kgo.SeedBrokers(*broker), kgo.DefaultProduceTopic(*topic), kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(2*time.Millisecond), kgo.ProducerBatchCompression(kgo.NoCompression()),
	)
	if err != nil {
		panic(err)
	}
	http.HandleFunc("/", func(answer http.ResponseWriter, request *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(answer, request.Body, 1<<20))
		if err != nil {
			answer.WriteHeader(http.StatusRequestEntityTooLarge)
			return
		}
		var parts []json.RawMessage
		if len(body) > 0 && body[0] == '[' {
			err = json.Unmarshal(body, &parts)
		} else {
			parts = []json.RawMessage{body}
		}
		if err != nil {
			answer.WriteHeader(http.StatusBadRequest)
			return
		}
		now := time.Now()
		records := make([]*kgo.Record, 0, len(parts))
		for _, part := range parts {
			var one event
			if json.Unmarshal(part, &one) != nil || !one.good(now) {
				answer.WriteHeader(http.StatusBadRequest)
				return
			}
			records = append(records, &kgo.Record{Key: []byte(*one.Session), Value: part, Timestamp: now})
		}
		var waiting sync.WaitGroup
		var failed error
		var lock sync.Mutex
		waiting.Add(len(records))
		for _, record := range records {
			kafka.Produce(request.Context(), record, func(_ *kgo.Record, err error) {
				if err != nil {
					lock.Lock()
					failed = err
					lock.Unlock()
				}
				waiting.Done()
			})
		}
		waiting.Wait()
		if failed != nil {
			answer.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		answer.WriteHeader(http.StatusAccepted)
		fmt.Fprintf(answer, `{"accepted":%d,"refused":[]}`, len(records))
	})
	panic(http.ListenAndServe(*address, nil))
}
