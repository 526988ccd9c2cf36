package resp

import "math"

// Limits of the protocol and of what one connection may hold. Those that an operator may move have a field in Server.
const (
	defaultMaxClients  = 10000
	defaultMaxBulkLen  = 512 << 20
	defaultQueryBuffer = 1 << 30
	defaultMaxTracked  = 1000000

	// maxLine bounds an inline command and the line that announces a count or a length.
	maxLine = 64 << 10

	// maxArgs bounds the announced number of arguments. Memory is taken as they arrive, not by the announcement.
	maxArgs = math.MaxInt32

	// What a client may send before it has authenticated.
	unauthenticatedArgs = 10
	unauthenticatedBulk = 16 << 10

	// readLen is the least room offered to a read, and the size of the buffer that the connections of a loop share.
	readLen = 64 << 10

	// batchLen is the number of commands that are parsed ahead, so that their keys can be touched together.
	batchLen = 64

	// flushLen is the amount of replies that are written while commands of the same input are still to be executed.
	flushLen = 128 << 10

	// writeLen is the amount of replies that a socket on an event loop is given before others have their turn: some twenty
	// microseconds' worth on loopback. In smaller parts the same would take longer altogether.
	writeLen = flushLen

	// maxPendingReplies is the amount of unsent replies at which a client is neither read nor executed for. What a
	// slow reader holds is bounded by this and the largest single reply.
	maxPendingReplies = 16 << 20

	// maxMailbox is the amount of messages pushed by others that may wait for a client before it is disconnected,
	// whatever client-output-buffer-limit says.
	maxMailbox = 32 << 20

	// keptBuffer is the capacity beyond which a buffer is left to the garbage collector when it has become empty.
	keptBuffer = 256 << 10
)
