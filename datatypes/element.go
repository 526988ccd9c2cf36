package datatypes

import (
	"unsafe"

	"github.com/larderkv/larder/encoding"
)

// The conversions between text and bytes here copy nothing. They are sound as
// long as nobody writes the bytes while the text is in use: elements are only read, and what
// is borrowed from the arena is dropped before the value that it is part of changes.

// elementOf returns the element of a dense encoding whose text is the given one, to
// which it refers.
func elementOf(text string) encoding.Element { return encoding.TextElement(bytesOf(text)) }

// textOf returns the text of an element, borrowed from where the element lies or, of
// an integer, written to digits, which must have room for it.
func textOf(e encoding.Element, digits []byte) string {
	b, ok := e.Text()
	if !ok {
		b = e.Append(digits[:0])
	}
	return stringOf(b)
}

func stringOf(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

func bytesOf(text string) []byte { return unsafe.Slice(unsafe.StringData(text), len(text)) }

// maxDigits is the length of the longest integer's text.
const maxDigits = 20
