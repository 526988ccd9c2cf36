package resptest

import (
	"context"
	"slices"
	"sync"

	"github.com/larderkv/larder/datatypes"
)

// Publish sends a message to the subscribers of a channel and returns how many subscriptions it went to.
func (s *Server) Publish(channel, message string) int {
	return s.Cache.PubSub().Publish(channel, []byte(message))
}

// PubSubChannels returns the channels that have subscribers and match a pattern, all of them if it is empty, in order.
func (s *Server) PubSubChannels(pattern string) []string {
	if pattern == "" {
		pattern = "*"
	}
	return slices.Sorted(slices.Values(s.Cache.PubSub().Channels(pattern)))
}

// PubSubNumSub returns how many have subscribed to each of some channels.
func (s *Server) PubSubNumSub(channels ...string) map[string]int {
	counts := make(map[string]int)
	for _, channel := range channels {
		counts[channel] = s.Cache.PubSub().NumSub(channel)
	}
	return counts
}

// PubSubNumPat returns how many patterns are subscribed to.
func (s *Server) PubSubNumPat() int { return s.Cache.PubSub().NumPat() }

// PubsubMessage is a message to a subscriber of a channel.
type PubsubMessage struct{ Channel, Message string }

// PubsubPmessage is a message to a subscriber of a pattern.
type PubsubPmessage struct{ Pattern, Channel, Message string }

// Subscriber gets the messages of the channels and patterns that it has subscribed to. A message that is not taken keeps
// those of the same subscription waiting, and no publisher. Its methods may be called from several goroutines.
type Subscriber struct {
	pubsub    *datatypes.PubSub
	ctx       context.Context
	end       context.CancelFunc
	messages  chan PubsubMessage
	pmessages chan PubsubPmessage

	mu       sync.Mutex
	channels map[string]*datatypes.Subscription
	patterns map[string]*datatypes.Subscription
}

// NewSubscriber returns a subscriber without subscriptions, to be closed.
func (s *Server) NewSubscriber() *Subscriber {
	sub := &Subscriber{
		pubsub:    s.Cache.PubSub(),
		messages:  make(chan PubsubMessage),
		pmessages: make(chan PubsubPmessage),
		channels:  make(map[string]*datatypes.Subscription),
		patterns:  make(map[string]*datatypes.Subscription),
	}
	sub.ctx, sub.end = context.WithCancel(context.Background())
	return sub
}

// Close ends all subscriptions.
func (s *Subscriber) Close() { s.end() }

// Messages returns where messages to channels come.
func (s *Subscriber) Messages() <-chan PubsubMessage { return s.messages }

// Pmessages returns where messages to patterns come.
func (s *Subscriber) Pmessages() <-chan PubsubPmessage { return s.pmessages }

// Publish sends a message and returns how many subscriptions it went to.
func (s *Subscriber) Publish(channel, message string) int {
	return s.pubsub.Publish(channel, []byte(message))
}

// Subscribe subscribes to a channel and returns the number of subscriptions.
func (s *Subscriber) Subscribe(channel string) int {
	return s.add(s.channels, channel, datatypes.SubscribeOptions{Channels: []string{channel}})
}

// Psubscribe subscribes to a pattern and returns the number of subscriptions.
func (s *Subscriber) Psubscribe(pattern string) int {
	return s.add(s.patterns, pattern, datatypes.SubscribeOptions{Patterns: []string{pattern}})
}

// Unsubscribe ends the subscription of a channel and returns the number of those that are left.
func (s *Subscriber) Unsubscribe(channel string) int { return s.remove(s.channels, channel) }

// Punsubscribe ends the subscription of a pattern and returns the number of those that are left.
func (s *Subscriber) Punsubscribe(pattern string) int { return s.remove(s.patterns, pattern) }

func (s *Subscriber) add(to map[string]*datatypes.Subscription, name string, o datatypes.SubscribeOptions) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if to[name] == nil {
		to[name] = s.pubsub.Subscribe(s.ctx, o)
		go s.forward(to[name])
	}
	return len(s.channels) + len(s.patterns)
}

func (s *Subscriber) remove(from map[string]*datatypes.Subscription, name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sub := from[name]; sub != nil {
		sub.Close()
		delete(from, name)
	}
	return len(s.channels) + len(s.patterns)
}

// forward passes on what comes for a subscription until that ends.
func (s *Subscriber) forward(from *datatypes.Subscription) {
	for m := range from.Values() {
		if m.Pattern != "" {
			select {
			case s.pmessages <- PubsubPmessage{m.Pattern, m.Channel, string(m.Payload)}:
			case <-s.ctx.Done():
			}
			continue
		}
		select {
		case s.messages <- PubsubMessage{m.Channel, string(m.Payload)}:
		case <-s.ctx.Done():
		}
	}
}

// Channels returns the channels subscribed to, in order.
func (s *Subscriber) Channels() []string { return s.names(s.channels) }

// Patterns returns the patterns subscribed to, in order.
func (s *Subscriber) Patterns() []string { return s.names(s.patterns) }

func (s *Subscriber) names(of map[string]*datatypes.Subscription) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var names []string
	for name := range of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Count returns the number of subscriptions.
func (s *Subscriber) Count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.channels) + len(s.patterns)
}
