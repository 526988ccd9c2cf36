package dashboard

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKeyText is how many bytes of a key are shown.
const maxKeyText = 120

// keyText returns a key as people can read it: as it is if that can be read, otherwise quoted as in Go. Of a long
// key the beginning is shown, and how long it is.
func keyText(key string) string {
	shown := key
	if len(shown) > maxKeyText {
		end := maxKeyText
		for end > maxKeyText-utf8.UTFMax && !utf8.RuneStart(shown[end]) {
			end--
		}
		shown = shown[:end]
	}
	if shown == "" || strings.ContainsFunc(shown, unreadable) || strings.TrimSpace(shown) != shown {
		shown = strconv.Quote(shown)
	}
	if len(key) > maxKeyText {
		shown += fmt.Sprintf("… (%d bytes)", len(key))
	}
	return shown
}

// unreadable reports whether a character cannot be seen, would change how those around it are seen, or would leave open
// whether a key is quoted. Bytes that are no character come as utf8.RuneError.
func unreadable(r rune) bool {
	return !unicode.IsPrint(r) || r == utf8.RuneError || r == '"' || r == '\\'
}
