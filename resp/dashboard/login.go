package dashboard

import (
	"errors"
	"net/http"

	"github.com/larderkv/larder/resp"
)

// shown are the commands that say what the page shows. Whoever may execute them may see it.
var shown = []string{"INFO", "SCAN 0", "MEMORY STATS", "HOTKEYS GET", "SLOWLOG GET", "LATENCY HISTOGRAM", "CONFIG GET maxmemory-policy"}

// Login returns a handler that passes on to next the requests of those who may execute all of the commands on the server,
// and asks others for the name and password of a user who may, by HTTP's basic authentication. A password without a name
// is that of the user "default", as with AUTH. Where the default user needs no password and may execute them nobody is
// asked. Passwords cross the network as they are unless TLS is around it.
func Login(server *resp.Server, next http.Handler, commands ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, password, given := r.BasicAuth()
		if name == "" {
			name = "default"
		}
		switch err := server.Authorize(name, password, commands...); {
		case err == nil:
			next.ServeHTTP(w, r)
		case given && errors.Is(err, resp.ErrNoPermission):
			http.Error(w, "this user has no permission to see that", http.StatusForbidden)
		case errors.Is(err, resp.ErrNoPermission), errors.Is(err, resp.ErrWrongPassword):
			w.Header().Set("WWW-Authenticate", `Basic realm="larder", charset="UTF-8"`)
			http.Error(w, "a user's name and password are needed", http.StatusUnauthorized)
		default:
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
}
