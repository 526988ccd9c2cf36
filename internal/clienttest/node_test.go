package clienttest

import (
	"context"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/larderkv/larder"
)

// TestNode runs the scripts in the folder node, one a client library.
func TestNode(t *testing.T) {
	t.Parallel()
	node, err := exec.LookPath("node")
	if err != nil {
		missing(t, "node is not installed")
	}
	if _, err := os.Stat("node/node_modules"); err != nil {
		missing(t, "the clients are not installed: run npm ci in the folder node")
	}
	for _, script := range []string{"node-redis.js", "ioredis.js"} {
		t.Run(script, func(t *testing.T) {
			t.Parallel()
			s := serve(t, larder.Options{})
			secure := s.door(t, "tls")
			ca := filepath.Join(t.TempDir(), "ca.pem")
			block := &pem.Block{Type: "CERTIFICATE", Bytes: s.srv.TLSConfig.Certificates[0].Certificate[0]}
			if err := os.WriteFile(ca, pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
			defer cancel()
			cmd := exec.CommandContext(ctx, node, script)
			cmd.Dir = "node"
			cmd.Env = append(os.Environ(), "PLAIN=redis://"+s.door(t, "tcp").addr, "SECURE=rediss://"+secure.addr, "CA="+ca)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// missing ends a test that lacks a program, which is a failure where all are required.
func missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("LARDER_TEST_REQUIRE") == "1" {
		t.Fatal(what)
	}
	t.Skip(what)
}
