package browser

import (
	"bufio"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/larderkv/larder"
	"github.com/larderkv/larder/datatypes"
	"github.com/larderkv/larder/resp"
	"github.com/larderkv/larder/resp/dashboard"
)

// hostile is a key that would run a script if it were taken for HTML.
const hostile = `<img src=x onerror="document.title='broken'"><script>document.title='broken'</script>`

// scene is a cache with a server, a workload and the page about them.
type scene struct {
	web  *httptest.Server
	stop atomic.Bool
}

func setScene(t testing.TB) *scene {
	t.Helper()
	cache, err := larder.Open(larder.Options{MaxBytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cache.Close() })
	server := &resp.Server{Cache: cache}
	t.Cleanup(func() { server.Close() })
	for name, value := range map[string]string{
		"latency-tracking": "yes", "slowlog-log-slower-than": "0", "hotkeys-top-k": "16", "hotkeys-sampling-percentage": "100",
	} {
		if err := server.SetConfig(resp.Setting{Name: name, Value: value}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := cache.Strings().Set(hostile, make([]byte, 1<<20), datatypes.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Lists().RPush("bin\x00\xff", make([]byte, 1<<19)); err != nil {
		t.Fatal(err)
	}
	s := &scene{web: httptest.NewServer(&dashboard.Handler{Cache: cache, Server: server, Name: "test"})}
	t.Cleanup(s.web.Close)
	ended := make(chan error, 1)
	go func() { ended <- s.work(server) }()
	t.Cleanup(func() {
		s.stop.Store(true)
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// work sends commands until it is stopped. Three lookups in four find their key.
func (s *scene) work(server *resp.Server) error {
	conn := server.Dial()
	defer conn.Close()
	replies := bufio.NewScanner(conn)
	for i := 0; !s.stop.Load(); i++ {
		fmt.Fprintf(conn, "SET k v\r\nEXISTS k\r\nEXISTS none\r\nSTRLEN k\r\nSTRLEN k\r\nHSET h%d f v\r\nSET t%d v PX 50\r\n", i%99, i)
		for range 7 {
			if !replies.Scan() {
				return replies.Err()
			}
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func TestPage(t *testing.T) {
	s := setScene(t)
	b := openBrowser(t)
	b.view(1440, "light")
	b.do(chromedp.Navigate(s.web.URL))
	b.await(`document.getElementById("state").textContent === "Live"`)
	text := func(id string) string {
		return evaluate[string](b, fmt.Sprintf("document.getElementById(%q).textContent", id))
	}
	b.await(`/^[\d.,]+\s*k?$/.test(document.getElementById("rate-value").textContent)`)
	b.await(`document.querySelector("[data-chart=rate] path.line").getAttribute("d").includes("L")`)
	b.await(`document.querySelectorAll("#types tbody tr").length >= 4`)
	b.await(`document.querySelectorAll("#hot tbody tr").length > 0`)
	b.await(`document.querySelectorAll("#commands tbody tr").length >= 4`)
	// A window that holds few rounds of the workload, on a busy machine, may be off; the next one need not be.
	b.await(`/^7[456]\.\d%$/.test(document.getElementById("ratio-value").textContent) &&
		/^7[456]\.\d% hits · test$/.test(document.title)`)
	if got := text("name"); got != "test" {
		t.Errorf("the page is called %q", got)
	}
	if got := evaluate[[]string](b, `Array.from(document.querySelectorAll("[data-panel][hidden]"), (panel) => panel.dataset.panel)`); !slices.Equal(got, []string{"keys"}) {
		t.Errorf("hidden panels: %q", got) // that one is for caches without a server
	}

	before := text("rate-aside")
	b.await(fmt.Sprintf(`document.getElementById("rate-aside").textContent !== %q`, before))

	big := evaluate[[]string](b, `Array.from(document.querySelectorAll("#big tbody th"), (cell) => cell.textContent)`)
	if len(big) < 2 || big[0] != fmt.Sprintf("%q", hostile) || big[1] != `"bin\x00\xff"` {
		t.Errorf("big keys %q", big)
	}
	if n := evaluate[float64](b, `document.querySelectorAll("main img, main script").length`); n != 0 {
		t.Errorf("a key has become %v elements", n)
	}
	if got := b.console(); len(got) > 0 {
		t.Errorf("console: %q", got)
	}
}

// TestLooks takes pictures, and checks that nothing sticks out of the page, however wide it is.
func TestLooks(t *testing.T) {
	s := setScene(t)
	b := openBrowser(t)
	b.do(chromedp.Navigate(s.web.URL))
	b.await(`document.querySelectorAll("#commands tbody tr").length > 0 && document.querySelectorAll("#big tbody tr").length > 0`)
	b.await(`document.querySelector("[data-chart=rate] path.line").getAttribute("d").includes("L")`)
	dir := t.ArtifactDir()
	papers := make(map[string]bool)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{1440, 900, 390} {
			b.view(width, scheme)
			b.await(fmt.Sprintf("window.innerWidth === %d", width))
			if over := evaluate[float64](b, "document.documentElement.scrollWidth - window.innerWidth"); over > 0 {
				t.Errorf("%d wide: the page is %v wider", width, over)
			}
			b.shoot(dir, fmt.Sprintf("%s-%d", scheme, width))
		}
		papers[evaluate[string](b, "getComputedStyle(document.documentElement).backgroundColor")] = true
	}
	if len(papers) != 2 {
		t.Errorf("light and dark are %v", papers)
	}
}

// TestPause: a paused page asks for nothing, and goes on when it is resumed.
func TestPause(t *testing.T) {
	s := setScene(t)
	b := openBrowser(t)
	b.do(chromedp.Navigate(s.web.URL))
	b.await(`document.getElementById("state").textContent === "Live"`)
	b.do(chromedp.Click(chromedp.CSS("#pause")))
	b.await(`document.getElementById("state").textContent === "Paused" && document.getElementById("pause").ariaPressed === "true"`)
	b.do(chromedp.Click(chromedp.CSS("#pause")))
	b.await(`document.getElementById("state").textContent === "Live"`)
}

// TestLost: the page says so when nobody answers any more.
func TestLost(t *testing.T) {
	s := setScene(t)
	b := openBrowser(t)
	b.do(chromedp.Navigate(s.web.URL))
	b.await(`document.getElementById("state").textContent === "Live"`)
	s.web.CloseClientConnections()
	s.web.Close()
	b.await(`document.getElementById("state").textContent.startsWith("Not reachable")`)
}

// TestEmbedded: the page about a cache without a server leaves out what is a server's.
func TestEmbedded(t *testing.T) {
	cache, err := larder.Open(larder.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer cache.Close()
	if _, err := cache.Sets().Add("s", "a", "b"); err != nil {
		t.Fatal(err)
	}
	web := httptest.NewServer(http.StripPrefix("/debug/cache", &dashboard.Handler{Cache: cache}))
	defer web.Close()
	b := openBrowser(t)
	b.do(chromedp.Navigate(web.URL + "/debug/cache/"))
	b.await(`document.getElementById("keys-value").textContent === "1" && document.querySelectorAll("#big tbody tr").length === 1`)
	b.await(`document.querySelector("[data-chart=keys] path.line").getAttribute("d").includes("L")`)
	hidden := evaluate[[]string](b, `Array.from(document.querySelectorAll("[data-panel][hidden]"), (panel) => panel.dataset.panel)`)
	if want := []string{"ratio", "rate", "latency", "traffic", "clients", "commands"}; !slices.Equal(hidden, want) {
		t.Errorf("hidden panels: %q, want %q", hidden, want)
	}
	if got := b.console(); len(got) > 0 {
		t.Errorf("console: %q", got)
	}
}

// TestKeyboard: arrows move through the time of all charts, and what they show is told to those who cannot see it.
func TestKeyboard(t *testing.T) {
	s := setScene(t)
	b := openBrowser(t)
	b.do(chromedp.Navigate(s.web.URL))
	b.await(`document.querySelector("[data-chart=rate] path.line")?.getAttribute("d").split("L").length > 3`)
	press := func(key string) {
		evaluate[any](b, fmt.Sprintf(`(() => { const chart = document.querySelector("[data-chart=rate] svg"); chart.focus();
			chart.dispatchEvent(new KeyboardEvent("keydown", { key: %q, cancelable: true })); return 1; })()`, key))
	}
	press("ArrowLeft")
	press("ArrowLeft")
	for _, chart := range []string{"rate", "memory", "clients"} {
		text := evaluate[string](b, fmt.Sprintf(`document.querySelector("[data-chart=%s] svg").ariaValueText`, chart))
		if !regexp.MustCompile(`^\d\d:\d\d:\d\d: .*\d`).MatchString(text) || strings.Contains(text, "–") {
			t.Errorf("the chart %s says %q", chart, text)
		}
	}
	press("Escape")
	b.await(`document.querySelector("[data-chart=rate] svg").ariaValueText.startsWith("now: ")`)
}
