// Package models says what library functions do with untrusted data: which
// return it, which pass it on, which are dangerous to give it to, and which
// check or clean it. It is data: the files *.models in this folder, in the
// format that README.md describes.
//
// Use [Default] for the models that peercheck brings, and [Read] to add a team's
// own. Nothing is read before the first call of Default.
package models

import (
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// A Set is a set of sink classes, one bit a class: what a value is still
// dangerous for, or what a guard clears.
type Set uint64

// All holds every class, and Start.
const All = Set(1)<<maxClasses - 1 | Start

// What may be at the start of a text: a redirect to a path is harmless if it starts with
// one slash. Both must be possible for it to be dangerous: that it does not start with
// a slash, and that it starts with two.
const (
	Rootless Set = 1 << 60 // "rootless" in models
	Double   Set = 1 << 61 // "double-slash" in models
	Start        = Rootless | Double
)

// What two checks of a path together make harmless: that it is the same when cleaned, and that it does not begin with
// "..". A guard clears them, and no source has them.
const (
	Untidy Set = 1 << 62
	Upward Set = 1 << 63
	Within     = Untidy | Upward
)

// A Class is a kind of sink: "sql", "command".
type Class struct {
	// Name is lower case, with hyphens.
	Name string
	// Title says what the sink is, to go on after "reaches": "an SQL statement".
	Title string
	// Bit is the class's own bit.
	Bit Set
	// Local says that flows into the class are found where source and sink are in one
	// function, or the source in one that it calls: from callers they would be most of all
	// flows there are.
	Local bool
}

// A Kind is a kind of source.
type Kind struct {
	// Name is lower case, with hyphens: "http".
	Name string
	// Title says who controls the data, after "data from": "an HTTP request".
	Title string
	// Remote says that someone on the network controls the data, rather than who
	// runs the program.
	Remote bool
}

// Where says which value of a call is meant.
type Where uint8

// The values of a call. The receiver is not among the arguments.
const (
	Argument Where = iota
	Receiver
	Result
)

// An Endpoint is a value of a call, or a part of one.
type Endpoint struct {
	Where Where
	// Index counts arguments or results from 0. Of a variadic function the last
	// argument is the slice.
	Index int
	// Rest means Index and all arguments after it.
	Rest bool
	// Path leads to a part: names of fields, "[]" for elements (of a slice, an
	// array, a channel, the values of a map), "{}" for the keys of a map, "*" for what
	// is written to it as a stream, as opposed to its fields.
	Path []string
	// Call, if not negative, means: the parameter of this number of the
	// function that is the value. It is -1 otherwise.
	Call int
}

// A Flow says that data goes from one value of a call to another.
type Flow struct {
	From, To Endpoint
	// Same says that To is From, or holds it: parts stay parts, and what is
	// written to To is written to From. Otherwise To is made of any part of From.
	Same bool
	// Clears are the classes for which the data is harmless afterwards.
	Clears Set
}

// A Source says that a value of a call is untrusted.
type Source struct {
	Kind *Kind
	At   Endpoint
	// Clears are the classes that the value is harmless for as it comes.
	Clears Set
}

// A Sink says that a value of a call must not be untrusted.
type Sink struct {
	Class *Class
	At    Endpoint
	// If restricts the sink to calls one of whose arguments is one of these
	// constants (or, if Not, is none of them, or no constant); no restriction if
	// Values is empty. IfIndex counts arguments from 0, those of a variadic
	// parameter one by one. A value with a slash before it is compared by its
	// last element: "sh" is "/bin/sh".
	If      []string
	IfIndex int
	Not     bool
}

// An Outcome is what a call must have for a guard to hold.
type Outcome uint8

// The outcomes. OK means that the last result, an error, is nil; NotNil that
// the first result is not nil.
const (
	True Outcome = iota
	False
	OK
	NotNil
)

// A Guard says that a value is harmless for some classes where a call came out
// in a certain way.
type Guard struct {
	Outcome Outcome
	At      Endpoint
	Clears  Set
}

// A Function is the model of one function or method.
type Function struct {
	Name    string
	Sources []Source
	Flows   []Flow
	Sinks   []Sink
	Guards  []Guard
	// Stands lists arguments that the first result stands for: a guard of the
	// result is a guard of the argument for these classes.
	Stands []Stand
	// Format is the argument that is a format for those after it, as
	// fmt.Sprintf's; -1 for none.
	Format int
	// Undoes lists the functions whose results it turns back into what they were given, so that what they clear is
	// dangerous again: (*encoding/base64.Encoding).EncodeToString, of DecodeString.
	Undoes []string
}

// A Stand is one such argument.
type Stand struct {
	At      Endpoint
	Classes Set
}

// A Field is the model of a field.
type Field struct {
	// Kind is set if reading the field gives untrusted data, which is harmless for
	// some classes from the start.
	Kind   *Kind
	Clears Set
	// Parts are the fields of the field that are untrusted; all of it, if there are none.
	Parts []string
	// Stands: a guard of the field is a guard of the whole for these classes.
	Stands Set
	// Sink is set if what is stored into the field must not be untrusted.
	Sink *Class
}

// Models are what is known about libraries. They are safe for concurrent use.
type Models struct {
	functions map[string]*Function
	packages  map[string]bool
	fields    map[string]*Field
	writers   map[string]*Class
	types     map[string]*Class
	shapes    map[string]Set
	classes   []*Class
	kinds     []*Kind
	groups    map[string]Set
	readers   map[string]*Kind

	indexMethods sync.Once
	methods      map[string][]*Function
}

// Function gives the model of a function by its qualified name, as
// "net/http.Get", "(*net/http.Client).Get" or "(io.Reader).Read"; nil if there
// is none.
func (m *Models) Function(name string) *Function { return m.functions[name] }

// Methods lists the models of the methods of one name of types that are no
// interfaces, as "(*database/sql.DB).Query", sorted by name. Do not change it.
func (m *Models) Methods(name string) []*Function {
	m.indexMethods.Do(func() {
		m.methods = map[string][]*Function{}
		for _, qualified := range slices.Sorted(maps.Keys(m.functions)) {
			if method, ok := strings.CutPrefix(qualified, "("); ok {
				method = method[strings.LastIndexByte(method, '.')+1:]
				m.methods[method] = append(m.methods[method], m.functions[qualified])
			}
		}
	})
	return m.methods[name]
}

// HasPackage reports whether anything of a package is modelled. Of such a package
// a function without a model passes nothing on.
func (m *Models) HasPackage(path string) bool { return m.packages[path] }

// Field gives the model of a field, as "net/http.Request.URL", or of a package-level
// variable, as "os.Args"; nil if there is none.
func (m *Models) Field(name string) *Field { return m.fields[name] }

// Writer gives the class of writing to a value of a type, as
// "net/http.ResponseWriter"; nil if that is harmless.
func (m *Models) Writer(typeName string) *Class { return m.writers[typeName] }

// Reader gives the kind of source that the content of a value of a type is, when it is
// read as a stream, as "net.Conn"; nil if there is none.
func (m *Models) Reader(typeName string) *Kind { return m.readers[typeName] }

// Conversion gives the class of converting a value to a type, as
// "html/template.HTML"; nil if that is harmless.
func (m *Models) Conversion(typeName string) *Class { return m.types[typeName] }

// Shape gives what a guard that the engine itself recognises clears. README.md
// lists the shapes.
func (m *Models) Shape(name string) Set { return m.shapes[name] }

// Class finds a class by name; nil if there is none.
func (m *Models) Class(name string) *Class {
	if i := slices.IndexFunc(m.classes, func(c *Class) bool { return c.Name == name }); i >= 0 {
		return m.classes[i]
	}
	return nil
}

// Classes lists all classes in the order of their bits. Do not change it.
func (m *Models) Classes() []*Class { return m.classes }

// Kind finds a kind of source by name; nil if there is none.
func (m *Models) Kind(name string) *Kind {
	if i := slices.IndexFunc(m.kinds, func(k *Kind) bool { return k.Name == name }); i >= 0 {
		return m.kinds[i]
	}
	return nil
}

// Group gives a named set of classes; 0 if there is none.
func (m *Models) Group(name string) Set { return m.groups[name] }

//go:embed *.models
var files embed.FS

// Default gives the models that peercheck brings. The files are read once, at the
// first call, which takes about a millisecond.
var Default = sync.OnceValue(func() *Models {
	m := empty()
	names, err := fs.Glob(files, "*.models")
	if err != nil {
		panic(err)
	}
	for _, name := range names { // 0-classes.models first
		text, err := files.ReadFile(name)
		if err == nil {
			err = m.read(name, string(text))
		}
		if err != nil {
			panic(fmt.Sprintf("peercheck's own models: %v", err)) // a test reads them
		}
	}
	return m
})

// Read gives the models of base and those of a further file. What the file says
// about a function or field replaces what base says. An error names file, line
// and remedy; base is not changed.
func Read(base *Models, name, text string) (*Models, error) {
	m := base.clone()
	if err := m.read(name, text); err != nil {
		return nil, err
	}
	return m, nil
}

// Kinds lists all kinds of source, in the order of their declaration. Do not
// change it.
func (m *Models) Kinds() []*Kind { return m.kinds }

// KindIndex gives the place of a kind in Kinds.
func (m *Models) KindIndex(k *Kind) int { return slices.Index(m.kinds, k) }
