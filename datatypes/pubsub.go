package datatypes

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/larderkv/larder/internal/glob"
)

// TopicKind says what a subscription is to.
type TopicKind uint8

// The kinds of topics. A shard channel is a channel of another space of names, which in a cluster stays
// within a shard.
const (
	Channel TopicKind = iota
	Pattern
	ShardChannel
	topicKinds
)

// Message is what a subscriber receives.
type Message struct {
	Kind    TopicKind // of the subscription that it is delivered for
	Pattern string    // the pattern of that subscription, if it is to one
	Channel string    // to which it was published
	Payload []byte    // shared among the subscribers: it must not be changed

	// Encoded is for subscribers that all make the same of a message: the first may keep it here for the others.
	Encoded []byte

	kept bool // channel and payload are copies
}

// Subscriber receives messages. Its dynamic type must be comparable.
type Subscriber interface {
	// Deliver takes a message, which is valid until it returns. It is called one message at a time, must
	// not block and must not use the PubSub. When it returns false all subscriptions of
	// the subscriber end.
	Deliver(m *Message) bool
}

// PubSub passes messages on to those who have subscribed to their channels. It keeps nothing: who is not subscribed
// when a message is published never gets it.
//
// All subscribers see the messages that they receive in one and the same order. A subscriber that has subscribed
// to a channel and to patterns that match it receives a message once for each.
type PubSub struct {
	subscriptions atomic.Int64 // lets Publish pass by the lock when there are none

	mu     sync.Mutex
	topics [topicKinds]map[string]map[Subscriber]struct{}
	of     map[Subscriber]*[topicKinds]map[string]struct{}
}

// NewPubSub returns a PubSub without subscribers.
func NewPubSub() *PubSub {
	p := &PubSub{of: make(map[Subscriber]*[topicKinds]map[string]struct{})}
	for i := range p.topics {
		p.topics[i] = make(map[string]map[Subscriber]struct{})
	}
	return p
}

// Publish sends a message to the subscribers of a channel and of the patterns that match it, and returns how many
// subscriptions it went to. It is PUBLISH. O(subscribers of the channel + patterns).
func (p *PubSub) Publish(channel string, payload []byte) int {
	return p.publish(Channel, channel, payload)
}

// SPublish sends a message to the subscribers of a shard channel. It is SPUBLISH. O(subscribers).
func (p *PubSub) SPublish(channel string, payload []byte) int {
	return p.publish(ShardChannel, channel, payload)
}

func (p *PubSub) publish(kind TopicKind, channel string, payload []byte) int {
	if p.subscriptions.Load() == 0 {
		return 0
	}
	m := Message{Kind: kind, Channel: channel, Payload: payload}
	p.mu.Lock()
	defer p.mu.Unlock()
	n := p.deliver(&m, p.topics[m.Kind][m.Channel])
	if m.Kind != Channel {
		return n
	}
	for pattern, subscribers := range p.topics[Pattern] {
		if glob.Match(pattern, m.Channel, false) {
			m := Message{Kind: Pattern, Pattern: pattern, Channel: m.Channel, Payload: m.Payload, kept: m.kept}
			n += p.deliver(&m, subscribers)
		}
	}
	return n
}

func (p *PubSub) deliver(m *Message, to map[Subscriber]struct{}) (n int) {
	for s := range to {
		n++
		if !s.Deliver(m) {
			p.leave(s)
		}
	}
	return n
}

// Enlist adds a subscription and reports whether it is new. It is SUBSCRIBE, PSUBSCRIBE or SSUBSCRIBE for a subscriber
// that is no channel; see Subscribe. O(1).
func (p *PubSub) Enlist(s Subscriber, kind TopicKind, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := p.of[s]
	if mine == nil {
		mine = new([topicKinds]map[string]struct{})
		p.of[s] = mine
	}
	if _, ok := mine[kind][name]; ok {
		return false
	}
	name = strings.Clone(name)
	if mine[kind] == nil {
		mine[kind] = make(map[string]struct{})
	}
	mine[kind][name] = struct{}{}
	subscribers := p.topics[kind][name]
	if subscribers == nil {
		subscribers = make(map[Subscriber]struct{})
		p.topics[kind][name] = subscribers
	}
	subscribers[s] = struct{}{}
	p.subscriptions.Add(1)
	return true
}

// Dismiss ends a subscription and reports whether there was one. It is UNSUBSCRIBE and its like. O(1).
func (p *PubSub) Dismiss(s Subscriber, kind TopicKind, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := p.of[s]
	if mine == nil {
		return false
	}
	if _, ok := mine[kind][name]; !ok {
		return false
	}
	delete(mine[kind], name)
	if len(mine[Channel])+len(mine[Pattern])+len(mine[ShardChannel]) == 0 {
		delete(p.of, s)
	}
	p.strike(s, kind, name)
	return true
}

// Leave ends all subscriptions of a subscriber. O(subscriptions).
func (p *PubSub) Leave(s Subscriber) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leave(s)
}

func (p *PubSub) leave(s Subscriber) {
	mine := p.of[s]
	if mine == nil {
		return
	}
	delete(p.of, s)
	for kind, names := range mine {
		for name := range names {
			p.strike(s, TopicKind(kind), name)
		}
	}
}

// strike takes a subscriber off a topic.
func (p *PubSub) strike(s Subscriber, kind TopicKind, name string) {
	subscribers := p.topics[kind][name]
	delete(subscribers, s)
	if len(subscribers) == 0 {
		delete(p.topics[kind], name)
	}
	p.subscriptions.Add(-1)
}

// Subscribed returns what a subscriber has subscribed to, in the order of names. O(subscriptions × log subscriptions).
func (p *PubSub) Subscribed(s Subscriber, kind TopicKind) []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if mine := p.of[s]; mine != nil {
		return slices.Sorted(maps.Keys(mine[kind]))
	}
	return nil
}

// Subscriptions returns how many channels, patterns and shard channels a subscriber has subscribed to. O(1).
func (p *PubSub) Subscriptions(s Subscriber) (channels, patterns, shardChannels int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := p.of[s]
	if mine == nil {
		return 0, 0, 0
	}
	return len(mine[Channel]), len(mine[Pattern]), len(mine[ShardChannel])
}

// Channels returns the channels that have subscribers and match a pattern. It is PUBSUB CHANNELS.
// O(channels).
func (p *PubSub) Channels(pattern string) []string { return p.matching(Channel, pattern) }

// ShardChannels is Channels for shard channels. It is PUBSUB SHARDCHANNELS.
func (p *PubSub) ShardChannels(pattern string) []string { return p.matching(ShardChannel, pattern) }

func (p *PubSub) matching(kind TopicKind, pattern string) (names []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name := range p.topics[kind] {
		if glob.Match(pattern, name, false) {
			names = append(names, name)
		}
	}
	return names
}

// NumSub returns how many have subscribed to a channel itself. It is PUBSUB NUMSUB. O(1).
func (p *PubSub) NumSub(channel string) int { return p.subscribers(Channel, channel) }

// ShardNumSub returns how many have subscribed to a shard channel. It is PUBSUB SHARDNUMSUB. O(1).
func (p *PubSub) ShardNumSub(channel string) int { return p.subscribers(ShardChannel, channel) }

func (p *PubSub) subscribers(kind TopicKind, name string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.topics[kind][name])
}

// NumPat returns how many different patterns are subscribed to. It is PUBSUB NUMPAT. O(1).
func (p *PubSub) NumPat() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.topics[Pattern])
}

// Topics returns how many different channels, patterns and shard channels are subscribed to. INFO stats shows them.
// O(1).
func (p *PubSub) Topics() (channels, patterns, shardChannels int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.topics[Channel]), len(p.topics[Pattern]), len(p.topics[ShardChannel])
}

// SubscribeOptions say what to subscribe to.
type SubscribeOptions struct {
	Channels      []string
	Patterns      []string
	ShardChannels []string
	Buffer        int // how many messages may wait for the reader, at most MaxBuffer; 0: DefaultBuffer
}

// Subscription is a stream of messages. See Stream for what happens to a slow reader.
type Subscription = Stream[Message]

// Subscribe returns a stream of the messages that are published from here on, until it is closed or ctx ends. It is
// SUBSCRIBE, PSUBSCRIBE and SSUBSCRIBE. O(topics).
func (p *PubSub) Subscribe(ctx context.Context, o SubscribeOptions) *Subscription {
	r := new(reader)
	ready := make(chan struct{})
	r.Subscription = NewStream[Message](ctx, o.Buffer, func() {
		<-ready // a context that has ended already must not be overtaken by the subscriptions
		p.Leave(r)
	})
	for kind, names := range [topicKinds][]string{Channel: o.Channels, Pattern: o.Patterns, ShardChannel: o.ShardChannels} {
		for _, name := range names {
			p.Enlist(r, TopicKind(kind), name)
		}
	}
	close(ready)
	return r.Subscription
}

// reader is the subscriber behind a stream.
type reader struct{ *Subscription }

// Deliver implements Subscriber.
func (r *reader) Deliver(m *Message) bool {
	if !m.kept {
		m.Channel, m.Payload, m.kept = strings.Clone(m.Channel), bytes.Clone(m.Payload), true
	}
	return r.Send(Message{Kind: m.Kind, Pattern: m.Pattern, Channel: m.Channel, Payload: m.Payload})
}

// Close ends all streams with ErrClosed. Other subscribers are not affected.
func (p *PubSub) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for s := range p.of {
		if r, ok := s.(*reader); ok {
			r.finish(ErrClosed)
			p.leave(s)
		}
	}
}
