package typed

import (
	"errors"
	"fmt"

	"github.com/larderkv/larder/datatypes"
)

var (
	// ErrClosed: the cache or the loader was closed.
	ErrClosed = datatypes.ErrClosed
	// ErrNotFound: there is no value for the key. A load returns it, or an error that wraps it, to say so.
	ErrNotFound = errors.New("larder: not found")
	// ErrNoLoad: the loader was made without a function that loads.
	ErrNoLoad = errors.New("larder: the loader has no load function")
	// ErrType: a codec or a plan can't be made for a type.
	ErrType = errors.New("larder: type is not supported")
	// ErrNoField: the struct has no field that is stored under the name.
	ErrNoField = errors.New("larder: no such field")
	// ErrOptions: an option is out of range, or options exclude each other.
	ErrOptions = datatypes.ErrOptions
	// ErrReserved: the value's encoding is the one that stands for the absence of a value.
	ErrReserved = errors.New("larder: encoding is reserved for values that were not found")
	// ErrFormat: bytes are not what the codec writes.
	ErrFormat = errors.New("larder: malformed value")
)

// DecodeError tells that what a key holds is no value of the type. The key may have been written by another door.
type DecodeError struct {
	Key string
	Err error
}

// Error implements error.
func (e *DecodeError) Error() string { return fmt.Sprintf("larder: decoding %q: %v", e.Key, e.Err) }

// Unwrap returns the codec's error.
func (e *DecodeError) Unwrap() error { return e.Err }

// PanicError is what callers get whose load panicked, or ended its goroutine.
type PanicError struct {
	Value any    // what the load panicked with, nil if it called runtime.Goexit
	Stack []byte // where
}

// Error implements error.
func (e *PanicError) Error() string {
	if e.Value == nil {
		return "larder: the load ended its goroutine"
	}
	return fmt.Sprintf("larder: the load panicked: %v\n\n%s", e.Value, e.Stack)
}

// Unwrap returns the value of the panic if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
