// Package hotkeys tells which keys are used most, from a sample of their uses.
//
// The uses of a window of time are counted by the Space-Saving algorithm: a fixed number of counters, each for one key.
// A use of a key without a counter takes over the one that stands lowest, and goes on from where it stands, so that a
// counter is too high by at most what it stood at then. A key with more than its share of the uses, one in as many as
// there are counters, has one at the end.
//
// When a window ends its report is kept, until that of the next, and counting starts anew: what is reported was hot in
// the last window and at no other time. There are a few times more counters than keys to be reported, since it is the
// lowest ones that are wrong.
package hotkeys
