package main

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

func TestGCPercent(t *testing.T) {
	for live, want := range map[uint64]int{0: 400, 5 << 20: 400, 10 << 20: 200, 20 << 20: 100, 40 << 20: 50, 1 << 30: 50} {
		if got := ofServer.percent(live); got != want {
			t.Errorf("%d MB live: got %d, want %d", live>>20, got, want)
		}
	}
}

// What lives decides anew after each collection, not only at the start.
func TestCollectSparingly(t *testing.T) {
	before := debug.SetGCPercent(100)
	defer debug.SetGCPercent(before)
	held := make([]byte, 100<<20)
	runtime.GC()
	ofServer.sparingly()
	until := func(want func(int) bool) bool {
		for range 200 {
			runtime.GC()
			percent := debug.SetGCPercent(100)
			debug.SetGCPercent(percent)
			if want(percent) {
				return true
			}
			time.Sleep(10 * time.Millisecond)
		}
		return false
	}
	if !until(func(p int) bool { return p == ofServer.least }) {
		t.Error("a large heap is collected as rarely as a small one")
	}
	runtime.KeepAlive(held)
	held = nil
	if !until(func(p int) bool { return p > ofServer.least }) {
		t.Error("a heap that has become small is still collected often")
	}
}
