package acl

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

func testCatalog() *Catalog {
	return NewCatalog([]*Command{
		{Name: "get", Categories: ReadCommands | String | Fast},
		{Name: "set", Categories: WriteCommands | String | Slow},
		{Name: "del", Categories: WriteCommands | Keyspace | Slow},
		{Name: "publish", Categories: PubSub | Fast},
		{Name: "select", Categories: Connection | Fast},
		{Name: "auth", Categories: Connection | Fast, Open: true},
		{Name: "config", Categories: Slow, Subcommands: []*Command{
			{Name: "config|get", Categories: Admin | Slow | Dangerous},
			{Name: "config|set", Categories: Admin | Slow | Dangerous},
		}},
	})
}

func TestCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		rules string
		call  string // the command, and arguments r:key, w:key, rw:key, c:channel or p:pattern
		want  Denial
	}{
		{"", "get r:a", Denial{Reason: DeniedCommand}},
		{"", "auth", Denial{}},
		{"+get ~a", "get r:a", Denial{}},
		{"+get ~a", "get r:b", Denial{DeniedKey, 1}},
		{"+get %W~*", "get r:a", Denial{DeniedKey, 1}},
		{"+set %R~*", "set w:a", Denial{DeniedKey, 1}},
		{"+set %R~* %W~a", "set w:a", Denial{}},
		{"+set %R~* %W~a", "set rw:a", Denial{DeniedKey, 1}},
		{"+set %RW~a", "set rw:a", Denial{}},
		{"+@all allkeys", "set rw:a rw:b", Denial{}},
		{"+@all ~a*", "set rw:a rw:b", Denial{DeniedKey, 2}},
		{"+@all ~*", "publish c:x", Denial{DeniedChannel, 1}},
		{"+@all &n*", "publish c:news", Denial{}},
		{"+@all &n*", "publish p:news", Denial{DeniedChannel, 1}},
		{"+@all &n*", "publish p:n*", Denial{}},
		{"+select|0", "select 0", Denial{}},
		{"+select|0", "select 1", Denial{Reason: DeniedCommand}},
		{"+select|0", "select", Denial{Reason: DeniedCommand}},
		{"+select|0 -select", "select 0", Denial{Reason: DeniedCommand}},
		{"+config|get", "config|get", Denial{}},
		{"+config|get", "config|set", Denial{Reason: DeniedCommand}},
		{"+config -config|set", "config|set", Denial{Reason: DeniedCommand}},
		{"+config -config|set", "config|get", Denial{}},
		{"+@all -@admin", "config|set", Denial{Reason: DeniedCommand}},
		{"+get ~a (+set ~b)", "set w:b", Denial{}},
		{"+get ~a (+set ~b)", "set w:a", Denial{DeniedKey, 1}},
		{"+get ~a (+get ~b)", "get r:a r:b", Denial{DeniedKey, 2}}, // the rights of two selectors do not add up
		{"+get ~a (+get ~b) clearselectors", "get r:b", Denial{DeniedKey, 1}},
		{"%R~a* %W~a +set", "set rw:a", Denial{DeniedKey, 1}}, // nor do those of two patterns
		{"+get ~a reset", "get r:a", Denial{Reason: DeniedCommand}},
	}
	for _, tt := range tests {
		us := NewUsers(testCatalog())
		if err := us.Set("joe", strings.Fields(tt.rules)); err != nil {
			t.Errorf("%s: %v", tt.rules, err)
			continue
		}
		if got := us.Lookup("joe").Check(parseCall(us.catalog, tt.call)); got != tt.want {
			t.Errorf("%s: %s: %v, want %v", tt.rules, tt.call, got, tt.want)
		}
	}
}

func parseCall(cat *Catalog, text string) *Call {
	call := &Call{}
	for i, word := range strings.Fields(text) {
		kind, arg, marked := strings.Cut(word, ":")
		if !marked {
			arg = word
		}
		call.Args = append(call.Args, []byte(arg))
		switch {
		case i == 0:
			call.Command = cat.named(word)
		case !marked:
		case kind == "c" || kind == "p":
			call.Channels = append(call.Channels, i)
			call.Patterns = kind == "p"
		default:
			access := map[string]Access{"r": Read, "w": Write, "rw": Read | Write}[kind]
			call.Keys = append(call.Keys, Key{i, access})
		}
	}
	return call
}

func TestUnrestricted(t *testing.T) {
	t.Parallel()
	for rules, want := range map[string]bool{
		"+@all ~* &*": true, "+@all ~*": false, "+@all &*": false, "~* &*": false, "+@all ~* &* -get": false,
		"+@all ~* &* -get +get": false, "~a (+@all ~* &*)": true, "+@all ~* &* resetkeys": false, "+@all ~* &* off": true,
	} {
		us := NewUsers(testCatalog())
		if err := us.Set("joe", strings.Fields(rules)); err != nil {
			t.Fatal(err)
		}
		if got := us.Lookup("joe").Unrestricted(); got != want {
			t.Errorf("%s: %v", rules, got)
		}
	}
	if Nobody.Unrestricted() || !NewUsers(testCatalog()).Default().Unrestricted() {
		t.Error("nobody must have no rights, the default user all")
	}
}

func TestSetIsAllOrNothing(t *testing.T) {
	t.Parallel()
	us := NewUsers(testCatalog())
	if err := us.Set("joe", []string{"on", "+get", "+nosuch"}); !errors.Is(err, ErrUnknown) || us.Lookup("joe") != nil {
		t.Errorf("%v, and the user is %v", err, us.Lookup("joe"))
	}
	us.Set("joe", []string{"on", "~a", ">x", "(+get)"})
	before := us.List()
	for _, rule := range []string{"+nosuch", "%", "(", "<y", "#z", "(+get ~*  ~a)", "(~'a)"} {
		if err := us.Set("joe", []string{"off", "~b", "resetpass", "clearselectors", rule}); err == nil {
			t.Errorf("%s is accepted", rule)
		}
		if !slices.Equal(us.List(), before) {
			t.Errorf("%s: %q, before %q", rule, us.List(), before)
		}
	}
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	us := NewUsers(testCatalog())
	us.Set("joe", []string{"on", ">one", ">two"})
	us.Set("off", []string{"nopass"})
	us.Set("open", []string{"on", "nopass"})
	us.Set("none", []string{"on"})
	for _, tt := range []struct {
		name, password string
		want           bool
	}{
		{"joe", "one", true}, {"joe", "two", true}, {"joe", "three", false}, {"joe", "", false}, {"Joe", "one", false},
		{"off", "", false}, {"open", "whatever", true}, {"none", "", false}, {"nosuch", "", false}, {"default", "x", true},
	} {
		if got := us.Authenticate(tt.name, []byte(tt.password)) != nil; got != tt.want {
			t.Errorf("%s with %q: %v", tt.name, tt.password, got)
		}
	}
	us.SetDefaultPassword("secret")
	if us.Authenticate("default", []byte("x")) != nil || us.Authenticate("default", []byte("secret")) != us.Default() {
		t.Error("the default user's password is not what it was set to")
	}
}

func TestDeletedUserHasNoRights(t *testing.T) {
	t.Parallel()
	us := NewUsers(testCatalog())
	us.Set("joe", []string{"on", "nopass", "+@all", "~*", "&*"})
	joe := us.Lookup("joe")
	if deleted := us.Delete("nosuch", "joe", DefaultName, "joe"); !slices.Equal(deleted, []*User{joe}) {
		t.Fatal(deleted)
	}
	if d := joe.Check(parseCall(us.catalog, "get")); d.Reason != DeniedCommand || joe.Unrestricted() || joe.AdmitsAll() {
		t.Errorf("%v", d)
	}
	if us.Lookup(DefaultName) != us.Default() || !us.Default().Unrestricted() {
		t.Error("the default user is gone")
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	us := NewUsers(testCatalog())
	us.Set("joe", []string{"on", "nopass", "+@all"})
	joe := us.Lookup("joe")
	for _, text := range []string{"usr x", "user", "user a\nuser a", "user a ~* ~b", "user a +nosuch", "user a (~x", "user \ta", "# comment"} {
		former, err := us.Load("f", text)
		if err == nil || !strings.HasSuffix(err.Error(), errNotLoaded) || former != nil || us.Lookup("joe") != joe {
			t.Errorf("%q: %v, %v", text, former, err)
		}
	}
	if _, err := us.Load("f", "\n user ann on  >x ~a\t(+get ~b )\r\n\nuser default off"); err == nil || us.Lookup("ann") != nil {
		t.Errorf("a selector that begins within a word is accepted: %v", err)
	}
	former, err := us.Load("f", "\n user ann on  >x ~a\t (+get ~b )\r\n\nuser default off")
	if err != nil || !slices.Equal(former, []*User{joe}) || joe.Check(parseCall(us.catalog, "get")).Reason != DeniedCommand {
		t.Errorf("%v, %v", former, err)
	}
	if us.Default().Unrestricted() || us.Default().AdmitsAll() {
		t.Error("the default user has not changed")
	}
	if us.Authenticate("ann", []byte("x")) == nil {
		t.Error("the user has not been loaded")
	}
	if _, err := us.Load("f", ""); err != nil || !us.Default().Unrestricted() {
		t.Errorf("an empty file must give the default user all rights: %v", err)
	}
}

func TestSave(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "users.acl")
	us := NewUsers(testCatalog())
	us.Set("joe", []string{"on", ">x", "+get", "~a", "(+set", "%W~b)"})
	if err := us.Save(file); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil || string(text) != strings.Join(us.List(), "\n")+"\n" {
		t.Errorf("%q, %v", text, err)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("%v", entries)
	}
	if err := us.Save(filepath.Join(dir, "nosuch", "file")); err == nil {
		t.Error("saving to a missing directory succeeds")
	}
}

func TestLog(t *testing.T) {
	t.Parallel()
	var l Log
	l.SetMax(3)
	at := time.Unix(1000, 0)
	add := func(object string, after time.Duration) {
		at = at.Add(after)
		l.Add(Entry{Reason: DeniedKey, Context: "toplevel", Object: object, Username: "joe", Time: at})
	}
	shown := func() string {
		var b strings.Builder
		for _, e := range l.Latest(10) {
			b.WriteString(e.Object + strings.Repeat("+", int(e.Count)) + " ")
		}
		return b.String()
	}
	add("a", 0)
	add("b", 0)
	add("a", time.Minute)
	if got := shown(); got != "a++ b+ " {
		t.Error(got)
	}
	add("a", time.Minute+1)
	add("c", 0)
	if got := shown(); got != "c+ a+ a++ " {
		t.Error(got)
	}
	l.SetMax(1)
	if got := shown(); got != "c+ " {
		t.Error(got)
	}
	l.Reset()
	if got := shown(); got != "" || len(l.Latest(-1)) != 0 {
		t.Error(got)
	}
}

func TestConcurrentChange(t *testing.T) {
	t.Parallel()
	us := NewUsers(testCatalog())
	us.Set("joe", []string{"on", "+get", "~a"})
	joe := us.Lookup("joe")
	both := &Call{Command: us.catalog.named("get"), Args: [][]byte{nil, []byte("a"), []byte("b")}, Keys: []Key{{1, Read}, {2, Read}}}
	var wg sync.WaitGroup
	wg.Go(func() {
		for range 1000 {
			us.Set("joe", []string{"resetkeys", "~b"})
			us.Set("joe", []string{"resetkeys", "~a"})
		}
	})
	wg.Go(func() {
		for range 1000 {
			if joe.Check(both).Reason != DeniedKey {
				t.Error("rights of two moments have been mixed")
				return
			}
		}
	})
	wg.Wait()
}

// FuzzRules checks that what is listed of a user can be loaded and gives the same user.
func FuzzRules(f *testing.F) {
	f.Add("on >x ~a %R~b &c +@all -get +select|0 (+set ~x) (%W~y)")
	f.Add("reset -@all +config|get -@admin nopass skip-sanitize-payload (")
	f.Fuzz(func(t *testing.T, rules string) {
		us := NewUsers(testCatalog())
		for _, part := range strings.Split(rules, ";") {
			us.Set("joe", strings.Split(part, " "))
		}
		before := us.List()
		if _, err := us.Load("f", strings.Join(before, "\n")); err != nil {
			t.Fatalf("%q cannot be loaded: %v", before, err)
		}
		if after := us.List(); !slices.Equal(after, before) {
			t.Errorf("%q, loaded %q", before, after)
		}
	})
}

// FuzzLoad checks that a text is loaded as a whole or not at all.
func FuzzLoad(f *testing.F) {
	f.Add("user joe on >x (~a +get)\nuser default off")
	f.Add("user joe ( ~a )\n\nuser joe on")
	f.Fuzz(func(t *testing.T, text string) {
		us := NewUsers(testCatalog())
		us.Set("ann", []string{"on", "+get"})
		before := us.List()
		former, err := us.Load("f", text)
		switch {
		case err != nil && (former != nil || !slices.Equal(us.List(), before)):
			t.Errorf("%v, but the users are %q", err, us.List())
		case err == nil && (len(former) != 1 || us.Lookup(DefaultName) != us.Default()):
			t.Errorf("%d users have been replaced", len(former))
		}
	})
}
