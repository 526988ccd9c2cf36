package resp

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// SlowlogEntry is a command that took as long as slowlog-log-slower-than says, or longer.
//
// Where several commands arrived together and nobody knows which of them it was, it stands for all of them: it has the
// arguments of one, behind which the number of the others is told.
type SlowlogEntry struct {
	ID         int64
	Time       time.Time     // when it ended
	Duration   time.Duration // without the time for which it waited
	Args       []string      // with the name; at most 32 of at most 128 bytes, secrets redacted
	ClientAddr string
	ClientName string
}

// slowlog keeps the last slow commands.
type slowlog struct {
	mu      sync.Mutex
	max     int64
	next    int64
	entries []SlowlogEntry // in their order
}

func (l *slowlog) add(e SlowlogEntry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e.ID = l.next
	l.next++
	l.entries = append(l.entries, e)
	if more := int64(len(l.entries)) - l.max; more > 0 {
		clear(l.entries[:more])
		l.entries = l.entries[more:]
	}
}

// last returns up to n entries, the last one first; all if n is negative.
func (l *slowlog) last(n int64) []SlowlogEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	if length := int64(len(l.entries)); n < 0 || n > length {
		n = length
	}
	last := slices.Clone(l.entries[int64(len(l.entries))-n:])
	slices.Reverse(last)
	return last
}

func (l *slowlog) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.entries)
}

func (l *slowlog) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

func (l *slowlog) limit() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.max
}

// setLimit changes how many entries are kept, which takes effect, as in Redis, with the next one.
func (l *slowlog) setLimit(n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = n
}

// Slowlog returns up to n of the last slow commands, the last one first; all of them if n is negative. It is SLOWLOG GET.
// O(n).
func (s *Server) Slowlog(n int) []SlowlogEntry {
	s.init()
	return s.ops().slowlog.last(int64(n))
}

// ResetSlowlog forgets all slow commands. It is SLOWLOG RESET.
func (s *Server) ResetSlowlog() {
	s.init()
	s.ops().slowlog.reset()
}

// How much of a command the slow log keeps.
const (
	slowArgCount = 32
	slowArgLen   = 128
)

// redactedText is what is shown in the place of an argument that is a secret.
const redactedText = "(redacted)"

// slowArgs returns the arguments of a call as the slow log keeps them.
func slowArgs(q *queued) []string {
	shown := q.args
	if len(shown) > slowArgCount {
		shown = shown[:slowArgCount-1]
	}
	list := make([]string, 0, len(shown)+1)
	for i, arg := range shown {
		switch more := len(arg) - slowArgLen; {
		case q.cmd.hides(q.args, i):
			list = append(list, redactedText)
		case more > 0:
			list = append(list, fmt.Sprintf("%s... (%d more bytes)", arg[:slowArgLen], more))
		default:
			list = append(list, string(arg))
		}
	}
	if more := len(q.args) - len(shown); more > 0 {
		list = append(list, fmt.Sprintf("... (%d more arguments)", more))
	}
	return list
}

// withMore adds that there were other commands.
func withMore(args []string, commands int) []string {
	return append(args, fmt.Sprintf("... (%d more commands of a pipeline)", commands))
}

// hides reports whether the argument at an index is a secret, which is not to be shown to others or kept.
func (cmd *command) hides(args [][]byte, index int) bool {
	return cmd.secret != nil && cmd.secret(args, index)
}

// Which arguments are secrets, by command.

// secretOfAuth hides passwords, and the names that they belong to.
func secretOfAuth(_ [][]byte, index int) bool { return index > 0 }

// secretOfHello hides the name and the password behind AUTH.
func secretOfHello(args [][]byte, index int) bool {
	for at := 2; at < index; {
		if equalFold(args[at], "auth") {
			if index <= at+2 && at+2 < len(args) {
				return true
			}
			at += 3
			continue
		}
		at += 2
	}
	return false
}

// secretOfSetUser hides the user and his rights, passwords among them.
func secretOfSetUser(_ [][]byte, index int) bool { return index > 1 }

// secretParameters are those with passwords.
var secretParameters = []string{"requirepass", "masterauth", "masteruser", "tls-key-file-pass", "tls-client-key-file-pass"}

// secretOfConfigSet hides the values of parameters that are secrets.
func secretOfConfigSet(args [][]byte, index int) bool {
	return index > 2 && index%2 == 1 && slices.Contains(secretParameters, strings.ToLower(string(args[index-1])))
}
