package keyspace

import "errors"

// Errors of the keyspace. Package datatypes exports them under its own name.
var (
	ErrClosed      = errors.New("larder: cache is closed")
	ErrWrongType   = errors.New("larder: operation against a key holding the wrong kind of value")
	ErrOutOfMemory = errors.New("larder: memory limit reached")
	ErrTooLarge    = errors.New("larder: key or value exceeds the maximum size")
	ErrInvalidDB   = errors.New("larder: database index is out of range")
	ErrLong        = errors.New("larder: operation would take long")
	ErrNotDeclared = errors.New("larder: key was not declared to the transaction")
)
