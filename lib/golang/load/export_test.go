package load

// Answering reports whether answers of the go command are kept by a variable.
func Answering(name string) bool { return answering[name] }
