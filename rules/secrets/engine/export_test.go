package engine

// Work gives the number of bytes that the engine looks at in a document, each as
// often as it does: what time is in proportion to. Not for parallel tests.
func (e *Engine) Work(path string, text []byte) (n int) {
	worked = func(k int) { n = k }
	defer func() { worked = nil }()
	e.Detect(path, text)
	return n
}
