package main

import (
	"io"
	"log/slog"

	"github.com/larderkv/larder/resp"
)

// levelHandler is a handler whose level CONFIG SET loglevel can change.
type levelHandler struct {
	slog.Handler
	level *slog.LevelVar
}

// SetLevel implements resp.LevelSetter.
func (h levelHandler) SetLevel(level slog.Level) { h.level.Set(level) }

func (h levelHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return levelHandler{h.Handler.WithAttrs(attrs), h.level}
}

func (h levelHandler) WithGroup(name string) slog.Handler {
	return levelHandler{h.Handler.WithGroup(name), h.level}
}

// newLogger returns a logger that writes text lines, from a level of the parameter loglevel upwards.
func newLogger(w io.Writer, name string) *slog.Logger {
	level := new(slog.LevelVar)
	if l, ok := resp.LogLevel(name); ok {
		level.Set(l)
	}
	return slog.New(levelHandler{slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}), level})
}
