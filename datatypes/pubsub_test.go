package datatypes_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/larderkv/larder/datatypes"
)

// recorder is a subscriber that notes what it receives.
type recorder struct {
	got   []string
	leave bool
}

func (r *recorder) Deliver(m *datatypes.Message) bool {
	r.got = append(r.got, m.Pattern+"/"+m.Channel+"/"+string(m.Payload))
	return !r.leave
}

func TestPubSub(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	a, b := new(recorder), new(recorder)
	if !p.Enlist(a, datatypes.Channel, "x") || p.Enlist(a, datatypes.Channel, "x") {
		t.Error("the first subscription is new, the second is not")
	}
	p.Enlist(a, datatypes.Pattern, "x*")
	p.Enlist(b, datatypes.ShardChannel, "x")
	steps := []struct{ got, want int }{
		{p.Publish("x", []byte("1")), 2},
		{p.Publish("xy", []byte("2")), 1},
		{p.Publish("y", []byte("3")), 0},
		{p.SPublish("x", []byte("4")), 1},
		{p.SPublish("xy", []byte("5")), 0},
	}
	for i, s := range steps {
		if s.got != s.want {
			t.Errorf("publication %d went to %d, not %d", i, s.got, s.want)
		}
	}
	if want := []string{"/x/1", "x*/x/1", "x*/xy/2"}; !slices.Equal(a.got, want) {
		t.Errorf("a received %v", a.got)
	}
	if want := []string{"/x/4"}; !slices.Equal(b.got, want) {
		t.Errorf("b received %v", b.got)
	}
	if channels, patterns, shards := p.Subscriptions(a); channels != 1 || patterns != 1 || shards != 0 {
		t.Error(channels, patterns, shards)
	}
	if channels, patterns, shards := p.Topics(); channels != 1 || patterns != 1 || shards != 1 {
		t.Error(channels, patterns, shards)
	}
	if got := p.Channels("?"); !slices.Equal(got, []string{"x"}) || p.NumSub("x") != 1 || p.NumPat() != 1 || p.ShardNumSub("x") != 1 {
		t.Error(got, p.NumSub("x"), p.NumPat(), p.ShardNumSub("x"))
	}
	if !p.Dismiss(a, datatypes.Channel, "x") || p.Dismiss(a, datatypes.Channel, "x") || p.Dismiss(b, datatypes.Channel, "x") {
		t.Error("a subscription ends once")
	}
	a.leave = true
	p.Publish("x", nil) // a leaves
	p.Leave(b)
	if n := p.Publish("x", nil) + p.SPublish("x", nil); n != 0 || p.NumPat() != 0 || len(p.ShardChannels("*")) != 0 {
		t.Errorf("%d subscriptions are left", n)
	}
}

func TestSubscription(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	s := p.Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}, Patterns: []string{"b*"}, ShardChannels: []string{"c"}})
	payload := []byte("1")
	p.Publish("a", payload)
	payload[0] = 'x' // the subscriber has its own
	p.Publish("bb", []byte("2"))
	p.SPublish("c", []byte("3"))
	p.Publish("c", []byte("4"))
	for _, want := range []string{"/a/1", "b*/bb/2", "/c/3"} {
		m := <-s.Values()
		if got := m.Pattern + "/" + m.Channel + "/" + string(m.Payload); got != want {
			t.Errorf("received %s, want %s", got, want)
		}
	}
	s.Close()
	s.Close()
	if _, ok := <-s.Values(); ok || s.Err() != nil || p.Publish("a", nil) != 0 {
		t.Error("the stream has not ended well")
	}
}

// TestSlowReader checks that a reader that misses something is told, after what it has not missed.
func TestSlowReader(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	s := p.Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}, Buffer: 3})
	for i := range 5 {
		p.Publish("a", []byte(strconv.Itoa(i)))
	}
	n := 0
	for m := range s.Values() {
		if string(m.Payload) != strconv.Itoa(n) {
			t.Errorf("received %s", m.Payload)
		}
		n++
	}
	if n != 3 || !errors.Is(s.Err(), datatypes.ErrSlowReader) || p.NumSub("a") != 0 {
		t.Error(n, s.Err(), p.NumSub("a"))
	}
}

// TestLargestBuffer: a buffer is not larger than the largest one, whatever is asked for.
func TestLargestBuffer(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	s := p.Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}, Buffer: math.MaxInt})
	sent := 0
	for p.Publish("a", []byte("v")) > 0 {
		sent++
	}
	got := 0
	for range s.Values() {
		got++
	}
	if got != datatypes.MaxBuffer || sent != got+1 || !errors.Is(s.Err(), datatypes.ErrSlowReader) {
		t.Errorf("%d of %d messages waited, %v", got, sent, s.Err())
	}
}

func TestSubscriptionOfEndedContext(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s := p.Subscribe(ctx, datatypes.SubscribeOptions{Channels: []string{"a"}})
	for range s.Values() {
	}
	if s.Err() != context.Canceled {
		t.Error(s.Err())
	}
	p.Close()
	s = p.Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}})
	p.Close()
	if _, ok := <-s.Values(); ok || s.Err() != datatypes.ErrClosed {
		t.Error(ok, s.Err())
	}
}

// TestPubSubConcurrently has subscriptions begin and end under publishers, for the race detector.
func TestPubSubConcurrently(t *testing.T) {
	t.Parallel()
	p := datatypes.NewPubSub()
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for i := range 300 {
				p.Publish("a", []byte(strconv.Itoa(i)))
			}
		})
		wg.Go(func() {
			for range 100 {
				s := p.Subscribe(t.Context(), datatypes.SubscribeOptions{Channels: []string{"a"}, Patterns: []string{"*"}, Buffer: 2})
				select {
				case <-s.Values():
				default:
				}
				s.Close()
			}
		})
	}
	wg.Wait()
	if p.NumSub("a") != 0 || p.NumPat() != 0 {
		t.Error("subscriptions are left")
	}
}
