package main

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// start runs the service on free ports until the test ends, and returns its addresses and a function that ends it.
func start(t *testing.T) (web, resp string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	listeners := make([]net.Listener, 2)
	for i := range listeners {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listeners[i] = ln
	}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, listeners[0], listeners[1]) }()
	stop = func() error {
		cancel()
		select {
		case err := <-ended:
			return err
		case <-time.After(20 * time.Second):
			t.Fatal("the service does not end")
			return nil
		}
	}
	t.Cleanup(cancel)
	return "http://" + listeners[0].Addr().String(), listeners[1].Addr().String(), stop
}

func request(t *testing.T, method, url, body string) (status int, text string) {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	all, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(all)
}

func TestBothDoors(t *testing.T) {
	t.Parallel()
	web, addr, stop := start(t)
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	replies := bufio.NewReader(conn)
	command := func(line string) string {
		t.Helper()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		io.WriteString(conn, line+"\r\n")
		reply, err := replies.ReadString('\n')
		if err == nil && reply[0] == '$' && reply != "$-1\r\n" {
			reply, err = replies.ReadString('\n')
		}
		if err != nil {
			t.Fatal(err)
		}
		return strings.TrimSpace(reply)
	}
	expect := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	if status, _ := request(t, "PUT", web+"/notes/a", "hello"); status != http.StatusNoContent {
		t.Errorf("PUT: %d", status)
	}
	expect("what HTTP stored, by RESP", command("GET note:a"), "hello")
	expect("and its time to live", command("TTL note:a"), ":86400")
	expect("SET", command("SET note:b world"), "+OK")
	status, text := request(t, "GET", web+"/notes/b", "")
	if status != http.StatusOK || text != "world" {
		t.Errorf("what RESP stored, by HTTP: %d %q", status, text)
	}
	expect("the counter of reads", command("GET reads:b"), "1")
	if status, _ := request(t, "GET", web+"/notes/nosuch", ""); status != http.StatusNotFound {
		t.Errorf("GET of a missing note: %d", status)
	}
	if status, _ := request(t, "PUT", web+"/notes/big", strings.Repeat("x", 1<<20+1)); status != http.StatusRequestEntityTooLarge {
		t.Errorf("PUT of too much: %d", status)
	}
	if _, text := request(t, "GET", web+"/stats", ""); !strings.Contains(text, "keys 3\n") {
		t.Errorf("stats: %q", text)
	}
	if err := stop(); err != nil {
		t.Errorf("run returned %v", err)
	}
	if _, err := replies.ReadByte(); err != io.EOF {
		t.Errorf("after the end the RESP connection reads %v", err)
	}
}

func TestOccupiedAddress(t *testing.T) {
	t.Parallel()
	_, addr, stop := start(t)
	if err := listenAndRun(t.Context(), "127.0.0.1:0", addr); err == nil {
		t.Error("listening on an address in use succeeds")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}
