//go:build !larderdebug

package arena

import "unsafe" // only to match the signatures of the debug build

// debugging is a constant so that the checks cost nothing in other builds.
const debugging = false

type tracker struct{}

func (*tracker) alloc(*Arena, Ref, int) {}
func (*tracker) free(*Arena, Ref, int)  {}
func (*tracker) extend(Ref, int, int)   {}
func (*tracker) check(*Arena, Ref, int) {}
func (*tracker) reset()                 {}

func poison(unsafe.Pointer, int) {}
