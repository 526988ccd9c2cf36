package datatypes_test

import (
	"strings"
	"testing"

	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/internal/redistest"
)

// TestEncodingAgainstRedis compares what OBJECT ENCODING says after each way to
// make a string.
func TestEncodingAgainstRedis(t *testing.T) {
	t.Parallel()
	f := open(t)
	redis := redistest.Start(t)
	db1 := 1
	ways := []struct {
		name  string
		redis [][]string // KEY and VALUE are replaced
		ours  func(value string) error
	}{
		{"set", [][]string{{"set", "KEY", "VALUE"}}, func(v string) error {
			_, err := f.Set("k", []byte(v), datatypes.SetOptions{})
			return err
		}},
		{"set with a TTL", [][]string{{"set", "KEY", "VALUE", "EX", "100"}}, func(v string) error {
			_, err := f.Set("k", []byte(v), datatypes.SetOptions{TTL: 100 * second})
			return err
		}},
		{"getset", [][]string{{"getset", "KEY", "VALUE"}}, func(v string) error {
			_, _, _, err := f.SetGet("k", []byte(v), datatypes.SetOptions{})
			return err
		}},
		{"mset", [][]string{{"mset", "KEY", "VALUE"}}, func(v string) error { return f.MSet(items("k", v)...) }},
		{"append to nothing", [][]string{{"append", "KEY", "VALUE"}}, func(v string) error {
			_, err := f.Append("k", []byte(v))
			return err
		}},
		{"append", [][]string{{"set", "KEY", "VALUE"}, {"append", "KEY", "1"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			_, err := f.Append("k", []byte("1"))
			return err
		}},
		{"append nothing", [][]string{{"set", "KEY", "VALUE"}, {"append", "KEY", ""}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			_, err := f.Append("k", nil)
			return err
		}},
		{"setrange", [][]string{{"setrange", "KEY", "0", "VALUE"}}, func(v string) error {
			_, err := f.SetRange("k", 0, []byte(v))
			return err
		}},
		{"setrange of a string", [][]string{{"set", "KEY", "VALUE"}, {"setrange", "KEY", "0", "1"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			_, err := f.SetRange("k", 0, []byte("1"))
			return err
		}},
		{"setrange of nothing", [][]string{{"set", "KEY", "VALUE"}, {"setrange", "KEY", "0", ""}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			_, err := f.SetRange("k", 0, nil)
			return err
		}},
		{"incr", [][]string{{"set", "KEY", "VALUE"}, {"incr", "KEY"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			f.Incr("k")
			return nil
		}},
		{"incrbyfloat", [][]string{{"set", "KEY", "VALUE"}, {"incrbyfloat", "KEY", "1"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			f.IncrByFloatText("k", "1")
			return nil
		}},
		{"incr after append", [][]string{{"set", "KEY", "VALUE"}, {"append", "KEY", "1"}, {"incr", "KEY"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			f.Append("k", []byte("1"))
			f.Incr("k")
			return nil
		}},
		{"expire", [][]string{{"set", "KEY", "VALUE"}, {"expire", "KEY", "100"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			_, err := f.keys.Expire("k", 100*second, 0)
			return err
		}},
		{"rename", [][]string{{"set", "other", "VALUE"}, {"rename", "other", "KEY"}}, func(v string) error {
			f.Set("other", []byte(v), datatypes.SetOptions{})
			return f.keys.Rename("other", "k")
		}},
		{"copy of an appended", [][]string{{"del", "other"}, {"setrange", "other", "0", "VALUE"}, {"copy", "other", "KEY"}}, func(v string) error {
			f.keys.Del("other")
			f.SetRange("other", 0, []byte(v))
			_, err := f.keys.Copy("other", "k", datatypes.CopyOptions{})
			return err
		}},
		{"there and back", [][]string{{"set", "KEY", "VALUE"}, {"copy", "KEY", "KEY", "DB", "1"}, {"del", "KEY"}, {"select", "1"}, {"move", "KEY", "0"}, {"select", "0"}}, func(v string) error {
			f.Set("k", []byte(v), datatypes.SetOptions{})
			f.keys.Copy("k", "k", datatypes.CopyOptions{DB: &db1})
			f.keys.Del("k")
			_, keys := f.db(1)
			_, err := keys.Move("k", 0)
			return err
		}},
	}
	for _, way := range ways {
		for _, value := range delicateValues {
			if len(value) > 5000 {
				continue
			}
			f.keys.Del("k")
			redis.Do("del", "k")
			for _, command := range way.redis {
				var args []string
				for _, a := range command {
					args = append(args, strings.NewReplacer("KEY", "k", "VALUE", value).Replace(a))
				}
				redis.Do(args...)
			}
			if err := way.ours(value); err != nil {
				t.Fatal(way.name, err)
			}
			want, _ := redis.Do("object", "encoding", "k").(string)
			got, ok, err := f.keys.Encoding("k")
			if err != nil || got != want || ok != (want != "") {
				t.Errorf("%s of %.50q: %q, %v, %v; Redis says %q", way.name, value, got, ok, err, want)
			}
		}
	}
}
