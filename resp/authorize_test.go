package resp

import (
	"errors"
	"testing"
)

func TestAuthorize(t *testing.T) {
	t.Parallel()
	srv := newTestServer(t, func(s *Server) { s.Password = "secret" })
	for name, rules := range map[string][]string{
		"watcher": {"on", ">w", "+info", "+scan", "+slowlog|get"},
		"reader":  {"on", ">r", "+get", "~a*"},
		"off":     {"off", ">o", "+@all", "~*"},
	} {
		if err := srv.SetUser(name, rules...); err != nil {
			t.Fatal(err)
		}
	}
	tests := []struct {
		name, password string
		commands       []string
		want           error
	}{
		{"default", "secret", []string{"INFO", "SCAN 0", "FLUSHALL"}, nil},
		{"default", "", nil, ErrWrongPassword},
		{"default", "Secret", nil, ErrWrongPassword},
		{"nobody", "secret", nil, ErrWrongPassword},
		{"off", "o", []string{"INFO"}, ErrWrongPassword},
		{"watcher", "w", []string{"info", "SCAN 0", "slowlog get"}, nil},
		{"watcher", "w", []string{"INFO", "SLOWLOG RESET"}, ErrNoPermission},
		{"watcher", "w", []string{"GET a"}, ErrNoPermission},
		{"reader", "r", []string{"GET abc"}, nil},
		{"reader", "r", []string{"GET b"}, ErrNoPermission},
	}
	for _, test := range tests {
		if err := srv.Authorize(test.name, test.password, test.commands...); !errors.Is(err, test.want) {
			t.Errorf("%s with %q, %q: %v, want %v", test.name, test.password, test.commands, err, test.want)
		}
	}
	for _, bad := range []string{"", " ", "NOSUCH", "GET", "SLOWLOG NOSUCH"} {
		if err := srv.Authorize("default", "secret", bad); err == nil || errors.Is(err, ErrNoPermission) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if err := newTestServer(t, nil).Authorize("default", "", "INFO"); err != nil {
		t.Errorf("who needs no password: %v", err)
	}
}
