package resp

import (
	"crypto/rand"
	"encoding/hex"
	"maps"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// operations is what a server keeps for those who operate it. Nothing in it is written while commands succeed.
type operations struct {
	runID         string // names this run of the server
	replicationID string // names the history of its data

	configMu    sync.Mutex             // orders changes of parameters
	newPassword atomic.Pointer[string] // what requirepass was set to while the server runs
	oldPassword string                 // and what it was before
	keepAlive   atomic.Int64           // seconds, 0: never

	errors  errorCounts
	faults  [maxCommandIDs]faultCounts // by command.id
	slowlog slowlog
	monitor latencyMonitor

	// What was counted of each command when the counters were reset, nil where nothing was.
	commandBase atomic.Pointer[[maxCommandIDs]*CommandStats]

	mu         sync.Mutex
	base       Counts // those that INFO does not show, because they were reset
	baseErrors map[string]int64
	last       Counts // a while ago
	lastAt     time.Time
	rates      rates
	peak       int64 // most memory that was seen in use
}

func (s *Server) ops() *operations { return &s.operation }

const defaultKeepAlive = 300

func (o *operations) init(s *Server) {
	o.runID, o.replicationID = randomID(), randomID()
	o.oldPassword = s.Password
	o.slowlog.max = standardSlowlogLen
	o.keepAlive.Store(defaultKeepAlive)
	o.lastAt = time.Now()
}

func randomID() string {
	var id [20]byte
	rand.Read(id[:])
	return hex.EncodeToString(id[:])
}

func (o *operations) password() string {
	if p := o.newPassword.Load(); p != nil {
		return *p
	}
	return o.oldPassword
}

// errorCounts count error replies by their code, the first word. A nil pointer to them counts nothing.
type errorCounts struct {
	mu     sync.Mutex
	byCode map[string]int64
}

// maxErrorCodes bounds the codes that are told apart. The others count as otherCode.
const (
	maxErrorCodes = 128
	otherCode     = "OTHER"
)

func (e *errorCounts) add(text string) {
	if e == nil {
		return
	}
	code, _, found := strings.Cut(text, " ")
	if !found {
		code = "ERR"
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.byCode == nil {
		e.byCode = make(map[string]int64)
	}
	if _, known := e.byCode[code]; !known {
		code = strings.Clone(code)
		if len(e.byCode) >= maxErrorCodes {
			code = otherCode
		}
	}
	e.byCode[code]++
}

// snapshot returns the counts, nil if there are none.
func (e *errorCounts) snapshot() map[string]int64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.byCode)
}
