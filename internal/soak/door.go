package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
)

// door is a way to the cache. Replies come as text in one form, whichever the door: numbers in decimal, absent values as
// absent, the elements of arrays in lines, sorted where Redis promises no order.
type door interface {
	do(k kind, cmd []string) (reply string, err error)
}

const absent = "(nil)"

// refused is what every door returns of a write for which there was no memory.
var refused = datatypes.ErrOutOfMemory

// goDoor is the API in process.
type goDoor struct{ db larder.DB }

func (d goDoor) do(k kind, cmd []string) (string, error) {
	keys, key := d.db.Keys(), cmd[1]
	switch cmd[0] {
	case "DEL":
		n, err := keys.Del(key)
		return strconv.Itoa(n), err
	case "PEXPIRE":
		ok, err := keys.Expire(key, milliseconds(cmd[2]), 0)
		return bit(ok), err
	case "PERSIST":
		ok, err := keys.Persist(key)
		return bit(ok), err
	case "PTTL":
		ttl, ok, err := keys.TTL(key)
		switch {
		case !ok:
			return "-2", err
		case ttl == datatypes.NoTTL:
			return "-1", err
		}
		return strconv.FormatInt(ttl.Milliseconds(), 10), err
	case "PEXPIREMEMBER":
		ok, err := keys.ExpireMember(key, cmd[2], milliseconds(cmd[3]))
		return bit(ok), err
	}
	return k.direct(d.db, cmd)
}

// respDoor is a connection to the server.
type respDoor struct{ client *respClient }

func (d respDoor) do(k kind, cmd []string) (string, error) {
	reply, err := d.client.do(cmd...)
	if e := replyError(""); errors.As(err, &e) && strings.HasPrefix(string(e), "OOM ") {
		return "", refused
	}
	if err != nil {
		return "", err
	}
	return canonical(cmd[0], reply), nil
}

// canonical is the text of a reply of the server.
func canonical(command string, reply any) string {
	lines := flatten(nil, reply)
	switch command {
	case "HGETALL":
		return pairs(lines)
	case "SMEMBERS":
		return sorted(lines)
	}
	return strings.Join(lines, "\n")
}

func flatten(lines []string, reply any) []string {
	switch r := reply.(type) {
	case nil:
		return append(lines, absent)
	case []any:
		for _, item := range r {
			lines = flatten(lines, item)
		}
		return lines
	}
	return append(lines, fmt.Sprint(reply))
}

// pairs is the reply of a command that returns fields and values in turn.
func pairs(lines []string) string {
	joined := make([]string, 0, len(lines)/2)
	for i := 0; i+1 < len(lines); i += 2 {
		joined = append(joined, lines[i]+"="+lines[i+1])
	}
	return sorted(joined)
}

func sorted(lines []string) string {
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func bit(ok bool) string {
	if ok {
		return "1"
	}
	return "0"
}

func orAbsent(value []byte, ok bool) string {
	if !ok {
		return absent
	}
	return string(value)
}

func milliseconds(text string) time.Duration {
	n, _ := strconv.ParseInt(text, 10, 64)
	return time.Duration(n) * time.Millisecond
}

func number(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}
