package resp

import (
	"math"
	"time"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/numeric"
)

// Blocking commands. A client whose command waits takes no goroutine: its owner executes nothing more of it until the
// operation, or the timer of its timeout, resumes it.

// await answers a blocking command. begin begins the operation; its result is written at once if it need not wait or
// cannot, else when it is done. When the timeout ends first the reply is a null array, whatever the command.
func await[R any](c *client, timeout []byte, write func(*client, R, error), begin func(done func(R, error)) (R, *datatypes.Wait, error)) {
	limit, problem := parseTimeout(timeout)
	if problem != "" {
		c.writeError(problem)
		return
	}
	b := &blocked{client: c, timedOut: (*client).writeNullArray}
	b.seq = c.deferReply(b.cancel)
	r, wait, err := begin(func(r R, err error) {
		b.resume(func(c *client) { write(c, r, err) })
	})
	if wait == nil {
		c.undefer()
		write(c, r, err)
		return
	}
	b.begin(wait, limit)
}

// blocked is the wait of a client. It belongs to the client's owner.
type blocked struct {
	client   *client
	seq      uint64
	wait     canceler
	timer    *time.Timer   // nil without a timeout
	timedOut func(*client) // writes the reply when the timeout ends first
}

// canceler is what a client waits for. Cancel reports whether it has kept the wait from ending otherwise.
type canceler interface{ Cancel() bool }

// begin begins to wait, for as long as limit says, 0 for ever.
func (b *blocked) begin(wait canceler, limit time.Duration) {
	b.wait = wait
	b.client.blocked.Store(b)
	if limit > 0 {
		b.timer = time.AfterFunc(limit, func() { b.giveUp(b.timedOut) })
	}
}

// resume has the owner write the reply. It may be called from any goroutine.
func (b *blocked) resume(reply func(*client)) {
	b.client.resume(b.seq, func(c *client) {
		b.end()
		reply(c)
	})
}

// giveUp ends the wait with a reply, unless it has ended, and reports whether it did. It may be called from any
// goroutine.
func (b *blocked) giveUp(reply func(*client)) bool {
	if !b.wait.Cancel() {
		return false
	}
	b.resume(reply)
	return true
}

func (b *blocked) end() {
	b.client.blocked.Store(nil)
	if b.timer != nil {
		b.timer.Stop()
	}
}

// cancel is for a client that goes.
func (b *blocked) cancel() {
	b.end()
	b.wait.Cancel()
}

// parseTimeout parses a number of seconds, of which fractions of a millisecond are rounded up. Zero means no timeout.
func parseTimeout(arg []byte) (d time.Duration, problem string) {
	x, ok := numeric.ParseLongDouble(arg)
	if !ok {
		return 0, "ERR timeout is not a float or out of range"
	}
	// What Redis cannot count in milliseconds becomes negative there.
	millis := math.Ceil(x.Float64() * 1000)
	if millis < 0 || millis >= math.MaxInt64 {
		return 0, "ERR timeout is negative"
	}
	if millis > float64(math.MaxInt64/time.Millisecond) {
		return math.MaxInt64, ""
	}
	return time.Duration(millis) * time.Millisecond, ""
}
