package resp

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/larderkv/larder/resp/difftest"
)

func TestDiffMemory(t *testing.T) {
	t.Parallel()
	h := startDiff(t)
	for _, protocol := range []int{2, 3} {
		p := h.Open(t, protocol)
		p.Check(t,
			difftest.Cmd("set", "k", "v"),
			difftest.Cmd("memory", "usage", "k", "samples", "0").By(difftest.SameKind),
			difftest.Cmd("memory", "usage", "k", "SAMPLES", "5").By(difftest.SameKind),
			difftest.Cmd("memory", "usage", "nokey", "samples", "5"),
			difftest.Cmd("memory", "usage", "k", "samples", "-1"),
			difftest.Cmd("memory", "usage", "k", "samples", "x"),
			difftest.Cmd("memory", "usage", "k", "samples"),
			difftest.Cmd("memory", "usage", "k", "nosuch", "5"),
			difftest.Cmd("memory", "doctor"),
			difftest.Cmd("memory", "purge"),
			difftest.Cmd("memory", "purge", "x"),
			difftest.Cmd("memory", "stats", "x"),
			difftest.Cmd("memory", "malloc-stats").By(difftest.SameKind),
			difftest.Cmd("memory", "help").By(difftest.SameKind),
			difftest.Cmd("memory", "nosuch"),
			difftest.Cmd("memory"),
			difftest.Cmd("multi"),
			difftest.Cmd("memory", "doctor"),
			difftest.Cmd("memory", "purge"),
			difftest.Cmd("exec"),
		)
		redis, larder := memoryFields(t, p.Reference), memoryFields(t, p.Subject)
		if !slices.Equal(redis, larder) {
			t.Errorf("RESP%d: fields of MEMORY STATS\nredis:  %s\nlarder: %s", protocol, redis, larder)
		}
	}
}

// memoryFields returns the names and kinds of the fields of MEMORY STATS, but for those of databases.
func memoryFields(t *testing.T, c *difftest.Conn) (fields []string) {
	v := do(t, c, "memory", "stats")
	for i := 0; i+1 < len(v.Elems); i += 2 {
		if name := v.Elems[i].Text; !strings.HasPrefix(name, "db.") {
			fields = append(fields, fmt.Sprintf("%s %v", name, v.Elems[i+1].Kind))
		}
	}
	return fields
}

// TestMemoryStats: figures that must agree with each other do.
func TestMemoryStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	for i := range 1000 {
		s.do("set", fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	fields := make(map[string]int64)
	for _, f := range srv.memoryStats(srv.Cache) {
		if f.isRatio {
			fields[f.name] = int64(f.ratio * 1000)
			continue
		}
		fields[f.name] = f.number
	}
	st := srv.Cache.Stats()
	if fields["keys.count"] != 1000 || fields["dataset.bytes"] != st.UsedBytes || fields["total.allocated"] != st.ResidentBytes ||
		fields["overhead.total"] != st.ResidentBytes-st.UsedBytes || fields["keys.bytes-per-key"] < 1000 || fields["keys.bytes-per-key"] > 1300 ||
		fields["peak.percentage"] != 100_000 || fields["clients.normal"] == 0 {
		t.Errorf("got %v of %+v", fields, st)
	}
}

func TestMemoryPurge(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	for i := range 2000 {
		s.do("set", fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	for i := range 2000 {
		s.do("del", fmt.Sprint(i))
	}
	if got := s.do("memory", "purge"); got != "+OK" {
		t.Errorf("got %s", got)
	}
	if st := srv.Cache.Stats(); st.ResidentBytes > 1<<20 {
		t.Errorf("after it: %+v", st)
	}
}

func TestMallocStats(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	for i := range 100 {
		s.do("set", fmt.Sprint(i), strings.Repeat("x", 90))
	}
	s.do("set", "large", strings.Repeat("x", 100000))
	report, err := allocatorReport(srv.Cache)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(report), "\n")
	used := int64(0)
	for _, line := range lines[2:] {
		words := strings.Fields(line)
		var n int64
		if _, err := fmt.Sscan(words[len(words)-1], &n); words[0] == "larger" && err == nil {
			used += n
			continue
		}
		if len(words) != 6 {
			t.Fatalf("line %q", line)
		}
		fmt.Sscan(words[3], &n)
		used += n
	}
	if st := srv.Cache.Stats(); used != st.UsedBytes || !strings.Contains(lines[0], fmt.Sprintf("%d in use", used)) {
		t.Errorf("%d bytes in use, by the report %d:\n%s", st.UsedBytes, used, report)
	}
}

func TestBigKeys(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	if got := s.do("memory", "bigkeys"); got != "*[]" {
		t.Errorf("without keys: %s", got)
	}
	s.do("set", "s", "1")
	s.do("rpush", "l", strings.Repeat("x", 1000))
	s.do("select", "3")
	s.do("set", "larger", strings.Repeat("x", 1000))
	large := s.do("memory", "usage", "larger")
	s.do("select", "0")
	small, list := s.do("memory", "usage", "s"), s.do("memory", "usage", "l")
	want := fmt.Sprintf(`*["string" *["keys" :2 "bytes" :%d "largest" *[*["key" "larger" "db" :3 "bytes" %s]]] `+
		`"list" *["keys" :1 "bytes" %s "largest" *[*["key" "l" "db" :0 "bytes" %s]]]]`, number(small)+number(large), large, list, list)
	if got := s.do("memory", "BIGKEYS", "COUNT", "1"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for args, want := range map[string]string{
		"count":       "-ERR syntax error",
		"count -1":    "-ERR value is out of range",
		"count x":     "-ERR value is out of range",
		"count 99999": "-ERR value is out of range",
		"nosuch 1":    "-ERR syntax error",
	} {
		if got := s.do(append([]string{"memory", "bigkeys"}, strings.Fields(args)...)...); got != want {
			t.Errorf("%s: got %s, want %s", args, got, want)
		}
	}
	s.do("multi")
	s.do("memory", "bigkeys")
	if got := s.do("exec"); got != "*[-ERR MEMORY BIGKEYS is not allowed in a transaction]" {
		t.Errorf("in a transaction: %s", got)
	}
}

// number returns that of an integer reply.
func number(reply string) (n int) {
	fmt.Sscanf(reply, ":%d", &n)
	return n
}

func TestMemoryDoctor(t *testing.T) {
	t.Parallel()
	srv := startCache(t)
	s := openSession(t, srv)
	for i := range 20000 {
		s.do("set", fmt.Sprint(i), strings.Repeat("x", 1000))
	}
	srv.Stats() // sees the peak
	for i := range 12000 {
		s.do("del", fmt.Sprint(i))
	}
	s.do("memory", "purge")
	if got := srv.memoryAdvice(srv.Cache); !strings.HasPrefix(got, adviceIssues+" * ") || !strings.HasSuffix(got, "\n\n"+adviceGoodbye) ||
		!strings.Contains(got, "fragmentation") && !strings.Contains(got, "Peak memory") {
		t.Errorf("got %s", got)
	}
}
