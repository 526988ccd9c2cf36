//go:build !linux

package main

import "errors"

func (openLoop) run(int) (*loopResult, error) { return nil, errors.ErrUnsupported }
