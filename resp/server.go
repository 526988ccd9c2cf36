package resp

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/internal/acl"
)

var (
	// ErrServerClosed is what Serve and ListenAndServe return after Shutdown or Close.
	ErrServerClosed = errors.New("resp: server closed")

	// ErrNoCache is what they return of a server without a Cache.
	ErrNoCache = errors.New("resp: the server has no cache")
)

// Server serves a cache to clients of Redis and Valkey. Set the fields before the first call of a method and leave them
// alone afterwards; all methods may be called from several goroutines. It must not be copied.
type Server struct {
	// Cache is the store that is served. It is not closed with the server.
	Cache *larder.Cache

	// Logger takes what the server has to say. Nil means slog.Default.
	Logger *slog.Logger

	// Password is what clients must give with AUTH or HELLO before other commands (requirepass). It is the password of
	// the default user, whom every connection begins as. Empty means none.
	Password string

	// ACLFile is where users and their rights are loaded from before the first connection, and by ACL LOAD, and where
	// ACL SAVE writes them (aclfile). If it cannot be loaded, nobody is served. Empty means none.
	ACLFile string

	// MaxClients bounds the connections that are open at a time (maxclients). Those beyond it are answered with an
	// error and closed. Zero means 10000.
	MaxClients int

	// IdleTimeout closes connections that have sent nothing for as long, to the second (timeout). Zero means never.
	IdleTimeout time.Duration

	// MaxBulkLen bounds one argument in bytes (proto-max-bulk-len), at most 1 GiB. Zero means 512 MiB.
	MaxBulkLen int

	// MaxQueryBuffer bounds the unread input of a connection in bytes, and thereby a command as a whole
	// (client-query-buffer-limit). A connection that passes it is closed. Zero means 1 GiB, which is also the most.
	MaxQueryBuffer int

	// Loops is the most event loops among which TCP and unix sockets are shared on Linux. Connections are gathered on as
	// few of them as can carry the load. Zero means GOMAXPROCS. Connections of other kinds, and all of them on other
	// systems, have a goroutine each.
	Loops int

	// ConfigFile is the file, in the format of redis.conf, that RewriteConfig writes. It is not read; see ReadConfigFile.
	// Empty means none.
	ConfigFile string

	// TLSConfig is what ServeTLS and ListenAndServeTLS offer, as far as their arguments or parameters do not say
	// otherwise. Nil means TLS 1.2 and later.
	TLSConfig *tls.Config

	// Unprotected serves other machines even while the default user needs no password; unless it is set, their connections
	// are then answered with an error and closed (protected-mode no).
	Unprotected bool

	// OnShutdown is called, in a goroutine of its own, whenever a client sends SHUTDOWN and may do so. It is to end the
	// server, and with it whatever the program wants to end; until it does, that client waits. Nil means that the
	// command is refused.
	OnShutdown func()

	// EnableDebug allows the DEBUG command (enable-debug-command).
	EnableDebug bool

	start    sync.Once
	settings settings

	conditions atomic.Uint32 // in which commands are not simply executed
	monitors   monitors
	pauses     pauses

	users    *acl.Users
	tls      tlsState
	loadOnce sync.Once
	loadErr  error // why the users could not be loaded

	nextID    atomic.Int64
	seconds   atomic.Int64 // coarse clock: unix seconds, at most about one behind while there are clients
	connected atomic.Int64 // connections accepted so far
	rejected  atomic.Int64 // connections refused for MaxClients
	evicted   atomic.Int64 // clients disconnected for maxmemory-clients

	clientMemory atomic.Int64  // what the clients hold
	spare        spareBuffers  // large ones that no client holds
	crowded      chan struct{} // holds a token when that is more than they may
	chargeMu     sync.Mutex
	charged      int64 // what of it the cache counts

	netCount  counters // of the connections that have goroutines
	operation operations
	refusal   atomic.Pointer[string] // what all commands are answered with, if not empty
	tracker   tracker
	hold      holds

	wg         sync.WaitGroup
	mu         sync.Mutex
	closed     bool
	clients    map[int64]*client
	listeners  map[net.Listener]struct{}
	loops      []*loop
	housework  bool          // the goroutine of keepHouse is running
	clientless chan struct{} // closed when the last client has gone, if not nil
	ending     chan struct{} // closed with the server
}

// settings are the fields that may change while the server runs.
type settings struct {
	protected    atomic.Bool
	maxClients   atomic.Int64
	idleTimeout  atomic.Int64 // seconds, 0: never
	maxBulk      atomic.Int64
	maxQuery     atomic.Int64
	outputLimits atomic.Pointer[outputLimits]
	maxTracked   atomic.Int64 // keys, 0: no limit

	maxClientMemory atomic.Int64 // bytes; negative: percent of maxmemory; 0: no limit

	watching         atomic.Uint32 // how closely time is watched, which follows from the next three
	trackLatency     atomic.Bool
	slowerThan       atomic.Int64 // microseconds, negative: never
	monitorThreshold atomic.Int64 // milliseconds, 0: never
	percentiles      atomic.Pointer[string]
}

// init takes the fields over.
func (s *Server) init() {
	s.start.Do(func() {
		s.initUsers()
		s.tls.clients = authClientsOf(s.TLSConfig)
		s.operation.init(s)
		s.settings.protected.Store(!s.Unprotected)
		s.settings.maxClients.Store(int64(orDefault(s.MaxClients, defaultMaxClients)))
		s.settings.idleTimeout.Store(int64((s.IdleTimeout + time.Second - 1) / time.Second))
		s.settings.maxQuery.Store(int64(min(orDefault(s.MaxQueryBuffer, defaultQueryBuffer), 1<<30)))
		s.settings.maxBulk.Store(int64(min(orDefault(s.MaxBulkLen, defaultMaxBulkLen), 1<<30)))
		s.settings.outputLimits.Store(&standardOutputLimits)
		s.settings.maxTracked.Store(defaultMaxTracked)
		s.settings.slowerThan.Store(standardSlowerThan)
		s.settings.percentiles.Store(new(standardPercentiles))
		s.setWatching()
		s.tracker.srv = s
		s.seconds.Store(time.Now().Unix())
		s.mu.Lock()
		s.clients = make(map[int64]*client)
		s.listeners = make(map[net.Listener]struct{})
		s.ending = make(chan struct{})
		s.crowded = make(chan struct{}, 1)
		s.mu.Unlock()
	})
}

func orDefault(n, otherwise int) int {
	if n <= 0 {
		return otherwise
	}
	return n
}

func (s *Server) log() *slog.Logger {
	if s.Logger == nil {
		return slog.Default()
	}
	return s.Logger
}

// ListenAndServe listens on addr and serves the connections that come, until Shutdown or Close. The address is as
// net.Listen takes it for TCP, ":6379" if empty, or "unix:" with the path of a socket; a socket file that is left
// there by a process that has ended is replaced. It always returns an error, ErrServerClosed after Shutdown or Close.
func (s *Server) ListenAndServe(addr string) error {
	ln, err := listen(addr)
	if err != nil {
		return err
	}
	return s.Serve(ln)
}

func listen(addr string) (net.Listener, error) {
	if addr == "" {
		addr = ":6379"
	}
	network := "tcp"
	if path, ok := strings.CutPrefix(addr, "unix:"); ok {
		network, addr = "unix", path
		removeStaleSocket(path)
	}
	return net.Listen(network, addr)
}

// removeStaleSocket removes a socket on which nobody listens.
func removeStaleSocket(path string) {
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != os.ModeSocket {
		return
	}
	conn, err := net.Dial("unix", path)
	if err == nil {
		conn.Close()
		return
	}
	os.Remove(path)
}

// Serve serves the connections that the listener accepts, until Shutdown or Close. It closes the listener and always
// returns an error, ErrServerClosed after Shutdown or Close. Serve may be called for several listeners at once.
func (s *Server) Serve(ln net.Listener) error {
	s.init()
	defer ln.Close()
	if err := s.ready(); err != nil {
		return err
	}
	if !s.track(ln) {
		return ErrServerClosed
	}
	defer s.untrack(ln)
	for pause := time.Duration(0); ; {
		conn, err := ln.Accept()
		if err == nil {
			pause = 0
			s.serveConn(conn)
			continue
		}
		if s.isClosed() {
			return ErrServerClosed
		}
		if !temporary(err) {
			return err
		}
		pause = min(max(2*pause, 5*time.Millisecond), time.Second)
		s.log().Error("resp: accept failed", "error", err, "retry_in", pause)
		time.Sleep(pause)
	}
}

// temporary reports whether accepting may succeed later: the process or the system is out of something, or the
// connection went away in the queue.
func temporary(err error) bool {
	var t interface{ Temporary() bool }
	return errors.As(err, &t) && t.Temporary()
}

// Dial returns a connection to the server that needs no socket. It behaves as a network connection does: it is
// buffered, so that a pipeline of ordinary size can be written before its replies are read, and it has deadlines. The
// memory that it takes is bounded: a megabyte of unread commands and 16 of unread replies, after which writes wait.
// Within a testing/synctest bubble it blocks durably. After Shutdown or Close, without
// a Cache, or if the ACLFile could not be loaded, the connection returned is closed.
func (s *Server) Dial() net.Conn {
	s.init()
	ours, theirs := newPipe()
	if s.ready() != nil {
		ours.Close()
		return theirs
	}
	s.serveConn(ours)
	return theirs
}

// serveConn starts serving one connection.
func (s *Server) serveConn(conn net.Conn) {
	refused := s.refusesPeer(conn)
	if refused && mayWrite(conn) {
		s.turnAway(conn, errProtected)
		return
	}
	s.setKeepAlive(conn)
	if s.serveOnLoop(conn) {
		return
	}
	n := &netConn{srv: s, conn: conn, woken: make(chan struct{}, 1), refused: refused}
	n.client = s.newClient(n, -1, conn.RemoteAddr(), conn.LocalAddr())
	if err := s.add(n.client, true); err != nil {
		s.turnAway(conn, err)
		return
	}
	go n.run()
}

const (
	errMaxClients = wording("ERR max number of clients reached")
	errProtected  = wording("DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the server to start accepting connections from the outside.")
)

// refusesPeer reports whether protected mode keeps the peer out: it is on another machine, and needs no password.
func (s *Server) refusesPeer(conn net.Conn) bool {
	if !s.settings.protected.Load() || !s.users.Default().NeedsNoPassword() {
		return false
	}
	peer, ok := conn.RemoteAddr().(*net.TCPAddr)
	return ok && !peer.IP.IsLoopback()
}

// add registers a client, and a goroutine for it if it has one of its own. It fails when the server is closed or full.
func (s *Server) add(c *client, goroutine bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return ErrServerClosed
	}
	if int64(len(s.clients)) >= s.settings.maxClients.Load() {
		return errMaxClients
	}
	if !s.housework {
		s.housework = true
		s.seconds.Store(time.Now().Unix())
		s.wg.Add(1)
		go s.keepHouse()
	}
	c.since = s.seconds.Load()
	c.lastActive.Store(c.since)
	s.connected.Add(1)
	s.clients[c.id] = c
	c.heedRefusal()
	c.account()
	if goroutine {
		s.wg.Add(1)
	}
	return nil
}

// remove ends the registration.
func (s *Server) remove(c *client) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.clients, c.id)
	if len(s.clients) == 0 && s.clientless != nil {
		close(s.clientless)
		s.clientless = nil
	}
}

// mayWrite reports whether a connection is ready for replies: it has no TLS, or has agreed on it.
func mayWrite(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return !ok || secure.ConnectionState().HandshakeComplete
}

// turnAway closes a connection that is not served, saying why where it can, unless it is that the server is closed.
func (s *Server) turnAway(conn net.Conn, reason error) {
	if reason != ErrServerClosed {
		s.rejected.Add(1)
		if mayWrite(conn) {
			conn.SetWriteDeadline(time.Now().Add(10 * time.Millisecond))
			conn.Write([]byte("-" + reason.Error() + "\r\n"))
		}
	}
	conn.Close()
}

// snapshot returns the clients, but for those about to be disconnected, in the order in which they connected.
func (s *Server) snapshot() []*client {
	s.mu.Lock()
	all := make([]*client, 0, len(s.clients))
	for _, c := range s.clients {
		if !c.killed.Load() {
			all = append(all, c)
		}
	}
	s.mu.Unlock()
	sortClients(all)
	return all
}

// keepHouse advances the coarse clock and closes idle connections, once a second while there are clients.
func (s *Server) keepHouse() {
	defer s.wg.Done()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			s.seconds.Store(now.Unix())
			s.spare.expire()
			s.sample()
		case <-s.crowded:
			s.evictClients()
			continue
		case <-s.ending:
			return
		}
		s.charge()
		if timeout := s.settings.idleTimeout.Load(); timeout > 0 {
			s.closeIdle(s.seconds.Load() - timeout)
		}
		s.closeSlow()
		if s.restHouse() {
			s.charge()
			return
		}
	}
}

// restHouse ends the housework when there is nobody to keep house for.
func (s *Server) restHouse() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.housework = len(s.clients) > 0
	return !s.housework
}

// closeIdle disconnects the clients that have sent nothing since then, but for those that have nothing to send: whose
// command waits or is at work, subscribers and monitors.
func (s *Server) closeIdle(since int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if !c.deferred.Load() && c.lastActive.Load() < since && !c.listens() { // in that order, see undefer
			c.kill("idle")
		}
	}
}

// closeSlow disconnects the clients that have let more output gather than they may.
func (s *Server) closeSlow() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		c.mu.Lock()
		slow := !c.mayOwe(0)
		c.mu.Unlock()
		if slow {
			c.kill(outputLimitReached)
		}
	}
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}

func (s *Server) track(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[ln] = struct{}{}
	return true
}

func (s *Server) untrack(ln net.Listener) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, ln)
}

// Shutdown ends the server in good order: it closes the listeners, lets every client have the replies to the commands
// that have arrived, closes the connections and returns when all goroutines of the server have ended. Commands that
// wait for something are not waited for. When ctx ends first, the remaining connections are closed as by Close, and
// its error is returned.
func (s *Server) Shutdown(ctx context.Context) error {
	s.init()
	left, clientless := s.stopAccepting()
	for _, c := range left {
		c.drain()
	}
	var err error
	select {
	case <-clientless:
	case <-ctx.Done():
		err = ctx.Err()
	}
	return errors.Join(err, s.Close())
}

// Close ends the server at once: it closes the listeners and all connections, and returns when all goroutines of the
// server have ended. Replies that are not sent are lost.
func (s *Server) Close() error {
	s.init()
	left, _ := s.stopAccepting()
	for _, c := range left {
		c.kill("server closed")
	}
	s.mu.Lock()
	loops := s.loops
	s.mu.Unlock()
	for _, l := range loops {
		l.stop()
	}
	s.wg.Wait()
	s.watchPauses(false)
	s.unpause()
	s.hold.set(s.Cache, holdExpiry, false)
	s.setCharge(0)
	return nil
}

// stopAccepting closes the listeners and returns the clients that are left, and a channel that is closed when none is.
func (s *Server) stopAccepting() (left []*client, clientless <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.ending)
	}
	for ln := range s.listeners {
		ln.Close()
	}
	for _, c := range s.clients {
		left = append(left, c)
	}
	gone := make(chan struct{})
	if len(left) == 0 {
		close(gone)
		return nil, gone
	}
	if s.clientless == nil {
		s.clientless = gone
	}
	return left, s.clientless
}

// context returns a context that ends with the server, or when cancel is called.
func (s *Server) context() (ctx context.Context, cancel context.CancelFunc) {
	ctx, cancel = context.WithCancel(context.Background())
	go func() {
		select {
		case <-s.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}
