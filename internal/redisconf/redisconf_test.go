package redisconf

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	t.Parallel()
	text := "# comment\n\n  PORT 7000\r\nrequirepass \"a b\"\nbind 127.0.0.1 ::1\n\t# more\nsave ''\nx\nbad \"q\nlast 1"
	got, err := Parse("f", text)
	if err == nil || err.Error() != "f:9: unbalanced quotes" {
		t.Errorf("error %v", err)
	}
	want := []string{"3 port [7000]", "4 requirepass [a b]", "5 bind [127.0.0.1 ::1]", "7 save []", "8 x []", "10 last [1]"}
	var shown []string
	for _, d := range got {
		shown = append(shown, fmt.Sprint(d.Line, " ", d.Name, " ", d.Args))
	}
	if !slices.Equal(shown, want) {
		t.Errorf("%q, want %q", shown, want)
	}
}

func TestInclude(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("b1.part", "two 2")
	write("b2.part", "three 3\ninclude "+write("c", "four 4\n\"x")+"\nfive 5")
	main := write("main", "one 1\ninclude "+filepath.Join(dir, "b*.part")+"\nsix 6\ninclude "+filepath.Join(dir, "none*"))
	got, err := Read(main)
	names := ""
	for _, d := range got {
		names += d.Name + " "
	}
	if names != "one two three four five six " {
		t.Errorf("read %s", names)
	}
	if err == nil || !strings.Contains(err.Error(), filepath.Join(dir, "c")+":2: unbalanced quotes") {
		t.Errorf("error %v", err)
	}
	if _, err := Read(write("missing", "\ninclude "+filepath.Join(dir, "nosuch"))); err == nil || !strings.HasPrefix(err.Error(), filepath.Join(dir, "missing")+":2: ") {
		t.Errorf("error %v", err)
	}
	if _, err := Read(write("loop", "include "+filepath.Join(dir, "loop"))); err == nil || !strings.Contains(err.Error(), "too deep") {
		t.Errorf("error %v", err)
	}
}

func TestRewrite(t *testing.T) {
	t.Parallel()
	port := Option{Name: "port", Lines: [][]string{{"7000"}}}
	memory := Option{Name: "maxmemory", Lines: [][]string{{"1048576"}}, Same: func(args []string) bool { return args[0] == "1mb" }}
	implied := Option{Name: "timeout", Lines: [][]string{{"0"}}, Implied: true}
	users := Option{Name: "user", Lines: [][]string{{"a", "on"}, {"b", "~x y"}}}
	tests := []struct {
		name, text string
		options    []Option
		want       string
	}{
		{"empty", "", []Option{port}, mark + "\nport 7000\n"},
		{"nothing to say", "# c\n", nil, "# c\n"},
		{"replaced in place", "# c\nport 1\n\nother x\n", []Option{port}, "# c\nport 7000\n\nother x\n"},
		{"kept as written", "  PORT   7000 \nmaxmemory 1mb\n", []Option{port, memory}, "  PORT   7000 \nmaxmemory 1mb\n"},
		{"said twice", "port 1\nport 2\n", []Option{port}, "port 7000\n"},
		{"implied", "a 1\n", []Option{implied}, "a 1\n"},
		{"implied, but said otherwise", "timeout 5\n", []Option{implied}, "timeout 0\n"},
		{"several lines", "user z on\nx 1\n", []Option{users}, "user a on\nx 1\n" + mark + "\nuser b \"~x y\"\n"},
		{"lines that go", "user z on\nx 1\nuser y\n", []Option{{Name: "user"}}, "x 1\n"},
		{"marked before", mark + "\nx 1\n", []Option{port}, mark + "\nx 1\nport 7000\n"},
		{"no end of line", "x 1", []Option{port}, "x 1\n" + mark + "\nport 7000\n"},
		{"what cannot be read stays", "x \"1\nport 1", []Option{port}, "x \"1\nport 7000\n"},
	}
	for _, tt := range tests {
		got := Rewrite(tt.text, tt.options)
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		if again := Rewrite(got, tt.options); again != got {
			t.Errorf("%s: rewritten again it is %q, before %q", tt.name, again, got)
		}
	}
}

// FuzzParse checks that what is read from a text is read from it again after rewriting, and that no directive is lost.
func FuzzParse(f *testing.F) {
	f.Add("port 1\n# c\nbind a \"b c\"\nuser x\n", "user", "a\x00 \"b\"")
	f.Add("0", "", "Y")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		var d Directive
		if !d.parse(name) || d.Name == "" || d.Name != name || len(d.Args) > 0 || name == "include" {
			return
		}
		before, _ := Parse("f", text)
		rewritten := Rewrite(text, []Option{{Name: name, Lines: [][]string{{value}}}})
		after, _ := Parse("f", rewritten)
		said := false
		others := func(all []Directive) (list []string) {
			for _, d := range all {
				if d.Name != name {
					list = append(list, fmt.Sprintf("%q %q", d.Name, d.Args))
				}
			}
			return list
		}
		for _, d := range after {
			if d.Name == name {
				if said || !slices.Equal(d.Args, []string{value}) {
					t.Fatalf("%q says %q of %s", rewritten, d.Args, name)
				}
				said = true
			}
		}
		if !said || !slices.Equal(others(before), others(after)) {
			t.Errorf("%q has become %q", text, rewritten)
		}
	})
}
