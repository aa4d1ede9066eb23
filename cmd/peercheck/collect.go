package main

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// A collection says how much garbage is worth a collection, which by Go's own rule is
// as much as what lives: too little where a few MB do.
type collection struct {
	garbage     uint64 // bytes
	least, most int    // GOGC
}

var (
	// The server lies beside an editor all day: of a large heap, half as much garbage
	// as usual is worth some collections. (With golang.org/x/tools open: at most 260 MB
	// instead of 310, 142 at rest instead of 180, at the same processor time.) Of a
	// small one it is not: a typed verdict on a package of 40 files makes 60 MB of
	// garbage, beside 17 that live, and then a third of its processor time is
	// collections. (More than 20 MB, and a day of typing takes more than the 20 MB that
	// it may: at 32 the process has 25 MB more after 10,000 edits, editors'
	// BenchmarkMemory.)
	ofServer = collection{garbage: 20 << 20, least: 50, most: 400}
	// A hook ends before it has much to collect: a Go file in a package of helm's
	// costs a quarter less time at 25 MB more memory.
	ofCommand = collection{garbage: 64 << 20, least: 100, most: 1600}
)

// sparingly sets, after each collection, how much garbage the next one waits for, in
// steps, since to set it stops the world for a moment.
func (c collection) sparingly() {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	set := 0
	var collected func(int)
	collected = func(int) {
		metrics.Read(sample)
		if percent := c.percent(sample[0].Value.Uint64()); percent != set {
			debug.SetGCPercent(percent)
			set = percent
		}
		runtime.AddCleanup(new(*int), collected, 0) // when the next collection has found it unused
	}
	collected(0)
}

// percent gives GOGC for so many bytes that live.
func (c collection) percent(live uint64) int {
	percent := int(c.garbage * 100 / max(live, 1<<20))
	return min(max(percent/25*25, c.least), c.most)
}
