package resp

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"testing"
	"testing/synctest"
	"time"
)

func TestPipeCarriesBothWays(t *testing.T) {
	t.Parallel()
	a, b := newPipe()
	data := make([]byte, 5<<20)
	rnd := rand.NewChaCha8([32]byte{1})
	rnd.Read(data)
	for _, ends := range [][2]net.Conn{{a, b}, {b, a}} {
		go func() {
			for rest := data; len(rest) > 0; {
				n := min(len(rest), 1+int(rnd.Uint64()%100_000))
				if _, err := ends[0].Write(rest[:n]); err != nil {
					t.Error(err)
				}
				rest = rest[n:]
			}
		}()
		got := make([]byte, len(data))
		if _, err := io.ReadFull(ends[1], got); err != nil || !bytes.Equal(got, data) {
			t.Errorf("the data is damaged: %v", err)
		}
	}
}

// TestPipeQueues checks that a long pipeline can be written before anything is read, and what is too long waits.
func TestPipeQueues(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := newPipe()
		if n, err := client.Write(make([]byte, pipeCommands)); n != pipeCommands || err != nil {
			t.Fatalf("wrote %d, %v", n, err)
		}
		client.SetWriteDeadline(time.Now().Add(time.Second))
		if n, err := client.Write(make([]byte, 10)); n != 0 || !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("wrote %d, %v beyond the limit", n, err)
		}
		client.SetWriteDeadline(time.Time{})
		written := make(chan int)
		go func() {
			n, _ := client.Write(make([]byte, 10))
			written <- n
		}()
		synctest.Wait()
		if n, err := server.Read(make([]byte, 4)); n != 4 || err != nil {
			t.Fatalf("read %d, %v", n, err)
		}
		synctest.Wait()
		select {
		case <-written:
			t.Fatal("a write returned before it had room")
		default:
		}
		server.Read(make([]byte, 6))
		if n := <-written; n != 10 {
			t.Fatalf("wrote %d", n)
		}
	})
}

func TestPipeDeadlines(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := newPipe()
		buf := make([]byte, 10)
		began := time.Now()
		client.SetDeadline(began.Add(time.Minute))
		if _, err := client.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Minute {
			t.Errorf("read returned %v after %v", err, time.Since(began))
		}
		synctest.Wait() // the other direction has a timer of its own
		var timeout net.Error
		if _, err := client.Write(buf); !errors.As(err, &timeout) || !timeout.Timeout() {
			t.Errorf("write returned %v", err)
		}
		client.SetDeadline(time.Time{})
		client.SetReadDeadline(time.Now().Add(time.Second))
		client.SetReadDeadline(time.Now().Add(time.Hour))
		go func() {
			time.Sleep(time.Minute)
			server.Write([]byte("hello"))
		}()
		if n, err := client.Read(buf); n != 5 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		go func() {
			time.Sleep(time.Minute)
			client.SetReadDeadline(time.Now())
		}()
		if _, err := client.Read(buf); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("read returned %v", err)
		}
		server.Write([]byte("data first"))
		if n, err := client.Read(buf); n != 10 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
	})
}

func TestPipeClose(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server, client := newPipe()
		buf := make([]byte, 10)
		server.Write([]byte("bye"))
		server.Close()
		server.Close()
		if n, err := client.Read(buf); n != 3 || err != nil {
			t.Errorf("read %d, %v", n, err)
		}
		if n, err := client.Read(buf); n != 0 || err != io.EOF {
			t.Errorf("read %d, %v", n, err)
		}
		if _, err := client.Write(buf); err != io.ErrClosedPipe {
			t.Errorf("write returned %v", err)
		}
		for _, call := range []func([]byte) (int, error){server.Read, server.Write} {
			if _, err := call(buf); !errors.Is(err, net.ErrClosed) {
				t.Errorf("a closed end returned %v", err)
			}
		}
		server, client = newPipe()
		go func() {
			synctest.Wait()
			server.Close()
		}()
		if _, err := client.Read(buf); err != io.EOF {
			t.Errorf("read returned %v", err)
		}
	})
}
