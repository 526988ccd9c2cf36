package resp

import (
	"math"
	"strconv"
	"strings"

	"github.com/larderkv/larder/internal/numeric"
)

// Output limits.
//
// What a client has not taken yet costs memory. A client that owes more than the hard limit of its class, or more than
// the soft limit for longer than so many seconds, is disconnected. Messages are checked before they are stored; what a
// client's own commands have produced is looked at once a second, and bounded by maxPendingReplies anyway.

// outputLimit is the limit of a class. Zero bytes are no limit.
type outputLimit struct{ hard, soft, seconds int64 }

// outputLimits are those of the classes normal, slave and pubsub.
type outputLimits [3]outputLimit

const (
	limitNormal = iota
	limitReplica
	limitPubSub
)

var limitNames = [3]string{"normal", "slave", "pubsub"}

var standardOutputLimits = outputLimits{
	limitReplica: {256 << 20, 64 << 20, 60},
	limitPubSub:  {32 << 20, 8 << 20, 60},
}

const outputLimitReached = "output limit"

// String writes the limits as client-output-buffer-limit has them.
func (l *outputLimits) String() string {
	var words []string
	for i, class := range l {
		words = append(words, limitNames[i])
		for _, n := range [3]int64{class.hard, class.soft, class.seconds} {
			words = append(words, strconv.FormatInt(n, 10))
		}
	}
	return strings.Join(words, " ")
}

// merge changes the limits of the classes that text names.
func (l *outputLimits) merge(text string) error {
	return eachOutputLimit(text, func(class int, limit outputLimit) { l[class] = limit })
}

func eachOutputLimit(text string, yield func(class int, limit outputLimit)) error {
	words := strings.Fields(text)
	if len(words)%4 != 0 {
		return wording("Wrong number of arguments in buffer limit configuration.")
	}
	for ; len(words) > 0; words = words[4:] {
		class := limitClass(words[0])
		if class < 0 {
			return wording("Invalid client class specified in buffer limit configuration.")
		}
		hard, ok1 := numeric.ParseMemory(words[1])
		soft, ok2 := numeric.ParseMemory(words[2])
		seconds, ok3 := numeric.ParseInt(words[3])
		if !ok1 || !ok2 || !ok3 || seconds < 0 {
			return wording("Error in hard, soft or soft_seconds setting in buffer limit configuration.")
		}
		yield(class, outputLimit{int64(min(hard, math.MaxInt64)), int64(min(soft, math.MaxInt64)), seconds})
	}
	return nil
}

func limitClass(name string) int {
	switch strings.ToLower(name) {
	case "normal":
		return limitNormal
	case "slave", "replica":
		return limitReplica
	case "pubsub":
		return limitPubSub
	}
	return -1
}

// outputLimitsKind is the kind of texts that give limits for some classes.
type outputLimitsKind struct{}

func (outputLimitsKind) parse(text string) (value, error) {
	var words []string
	err := eachOutputLimit(text, func(class int, l outputLimit) {
		words = append(words, limitNames[class], strconv.FormatInt(l.hard, 10), strconv.FormatInt(l.soft, 10),
			strconv.FormatInt(l.seconds, 10))
	})
	return textOf(strings.Join(words, " ")), err
}

func (outputLimitsKind) format(v value) string { return v.text }

// mayOwe reports whether the client may be owed n more bytes. The caller holds c.mu.
func (c *client) mayOwe(n int) bool {
	unsent, mail := c.unsentLen.Load(), int64(len(c.mail.out)+n)
	if min(unsent, c.pushed.Load())+mail > maxMailbox {
		return false
	}
	class := limitNormal
	if c.profile.kind() == typePubSub {
		class = limitPubSub
	}
	limit, owed := c.srv.settings.outputLimits.Load()[class], unsent+mail
	if limit.hard > 0 && owed > limit.hard {
		return false
	}
	if limit.soft == 0 || owed <= limit.soft {
		c.soft = 0
		return true
	}
	now := c.srv.seconds.Load()
	if c.soft == 0 {
		c.soft = now
	}
	return now-c.soft <= limit.seconds
}
