package datatypes

import (
	"context"
	"errors"
	"sync"
)

// ErrSlowReader ends a stream whose reader has let more wait than the stream holds.
var ErrSlowReader = errors.New("larder: the reader of a stream was too slow")

// DefaultBuffer is how many values wait for the reader of a stream unless its options say otherwise.
const DefaultBuffer = 256

// MaxBuffer is how many may wait at most, whatever the options say: a stream takes the memory of its buffer, about 100
// bytes a value, when it is made.
const MaxBuffer = 1 << 16

// Stream is a sequence of values, such as messages or events, that somebody reads from a channel.
//
// Whoever sends never waits for a reader. A reader that falls so far behind that the buffer is full has
// missed something, and it is told: the stream ends, with ErrSlowReader, after what is in the buffer. So
// whoever reads a stream to its end knows what it has seen to be complete up to there.
type Stream[T any] struct {
	values chan T
	detach func() // from the source

	mu    sync.Mutex
	ended bool
	err   error
	stop  func() bool // the context's callback
}

// NewStream returns a stream of what its source sends, and ends it with the context. It is for sources of events of
// one's own; those of a cache return streams. Zero as buffer is DefaultBuffer, more than MaxBuffer is MaxBuffer. detach
// is called once, when the stream has ended for any reason but a false return of Send.
func NewStream[T any](ctx context.Context, buffer int, detach func()) *Stream[T] {
	if buffer <= 0 {
		buffer = DefaultBuffer
	}
	s := &Stream[T]{values: make(chan T, min(buffer, MaxBuffer)), detach: detach}
	stop := context.AfterFunc(ctx, func() { s.end(context.Cause(ctx)) })
	s.mu.Lock()
	s.stop = stop
	s.mu.Unlock()
	return s
}

// Values returns the channel to read from. It is closed at the end of the stream.
func (s *Stream[T]) Values() <-chan T { return s.values }

// Err returns why the stream has ended: ErrSlowReader, ErrClosed, the cause that its context gives, or nil after
// Close and before the end.
func (s *Stream[T]) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// Close ends the stream. What is in the buffer may still be read.
func (s *Stream[T]) Close() { s.end(nil) }

func (s *Stream[T]) end(err error) {
	if s.finish(err) {
		s.detach()
	}
}

// finish closes the channel and reports whether it was open.
func (s *Stream[T]) finish(err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return false
	}
	s.ended, s.err = true, err
	if s.stop != nil {
		s.stop()
	}
	close(s.values)
	return true
}

// Send passes a value on without waiting. When it returns false the stream has ended and the source lets
// go of it.
func (s *Stream[T]) Send(v T) bool {
	s.mu.Lock()
	ended := s.ended
	if !ended {
		select {
		case s.values <- v:
			s.mu.Unlock()
			return true
		default:
		}
	}
	s.mu.Unlock()
	if !ended {
		s.finish(ErrSlowReader)
	}
	return false
}
