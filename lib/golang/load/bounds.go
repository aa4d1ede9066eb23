package load

import (
	"go/ast"
	"go/token"
	"go/types"
	"math"
)

// Bounds on what go/types is given, beyond the depth of a syntax tree. They are
// about a package as a whole, cost a fraction of a type-check, and are far above
// what people and generators write. Without them a few lines of hostile source
// take minutes, all memory, or the stack, whose overflow nobody can recover.
const (
	// maxDeclarations bounds the package-level names of a package, and
	// maxChain how many of them may need one another in a row: go/types recurses
	// along them. At 10,000 it uses 16 MB of stack, at a million it overflows.
	maxDeclarations = 1_000_000
	maxChain        = 10_000
	// maxExpansion bounds the types that contain each other by value, counted as
	// often as they occur, times their depth, summed over all types:
	// go/types expands them (go.dev/issue/65711) at about 15 ns a step.
	maxExpansion = 50_000_000
	// maxConstants bounds the bytes of constant strings, counted as often as they
	// are named: a = b + b doubles with each line, and len(a) makes it real.
	maxConstants = 256 << 20
	// longConstant is the length from which it counts how often one is named.
	longConstant = 4 << 10
	// maxSizing bounds the steps of computing one type's size: go/types computes
	// that of the last field of each struct twice.
	maxSizing = 10_000_000
)

// A declared name, as far as its declaration alone shows.
type declared struct {
	refs     []string // in its type and value
	spec     ast.Spec // of a type or constant
	value    ast.Expr // of a constant
	index    int      // Tarjan's numbers, from 1
	low      int
	onStack  bool
	chain    int     // names in a row that it needs, itself included
	expanded float64 // types within it by value, itself included
	depth    float64 // how deep they are nested
	bytes    float64 // of a constant string
}

// bounds finds what is beyond the bounds in the declarations of a package.
type bounds struct {
	names     map[string]*declared
	locals    map[string]*declared // of the function that is looked at
	stack     []*declared
	index     int
	chain     int
	expansion float64
	constants float64
	longest   float64 // constant string
}

// excess says what in a package is beyond the bounds, "" if nothing is. locals
// tells which files declare types or constants in functions.
func excess(files []*ast.File, locals []bool) string {
	b := &bounds{names: map[string]*declared{}}
	for _, file := range files {
		for _, decl := range file.Decls {
			b.declare(decl)
		}
	}
	if len(b.names) > maxDeclarations {
		return "too many declarations"
	}
	for _, file := range files { // in the order of the source, so that it does not vary
		for _, decl := range file.Decls {
			for _, name := range declaredNames(decl) {
				if d := b.names[name]; d.index == 0 {
					b.visit(d)
				}
			}
		}
	}
	for i, file := range files {
		if locals[i] || b.longest > longConstant {
			for _, decl := range file.Decls {
				b.inside(decl)
			}
		}
	}
	switch {
	case b.chain > maxChain:
		return "too many declarations that need one another"
	case b.expansion > maxExpansion:
		return "types that contain each other too often"
	case b.constants > maxConstants:
		return "constant strings that are too long"
	}
	return ""
}

func declaredNames(decl ast.Decl) (names []string) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			names = append(names, decl.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				names = append(names, spec.Name.Name)
			case *ast.ValueSpec:
				for _, id := range spec.Names {
					names = append(names, id.Name)
				}
			}
		}
	}
	return names
}

// declare notes a package-level declaration and the names that it needs.
func (b *bounds) declare(decl ast.Decl) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		if decl.Recv == nil {
			b.names[decl.Name.Name] = &declared{refs: references(decl.Type)}
		}
	case *ast.GenDecl:
		for _, d := range specs(decl) {
			b.names[d.name] = d.declared
		}
	}
}

type named struct {
	name string
	*declared
}

// specs gives the names of a declaration. A constant without a value repeats
// the one before (Go spec, Constant declarations).
func specs(decl *ast.GenDecl) (list []named) {
	var repeated *ast.ValueSpec
	for _, spec := range decl.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			list = append(list, named{spec.Name.Name, &declared{refs: references(spec), spec: spec}})
		case *ast.ValueSpec:
			if len(spec.Values) > 0 || spec.Type != nil || decl.Tok != token.CONST {
				repeated = spec
			}
			for i, id := range spec.Names {
				d := &declared{refs: references(spec)}
				if decl.Tok == token.CONST && repeated != nil && i < len(repeated.Values) {
					d.value = repeated.Values[i]
				}
				list = append(list, named{id.Name, d})
			}
		}
	}
	return list
}

// references gives the names in a declaration, but not those in the bodies of
// function literals, which go/types looks at later.
func references(n ast.Node) (names []string) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			names = append(names, n.Name)
		case *ast.BlockStmt:
			return false
		}
		return true
	})
	return names
}

// visit measures a declaration after those that it needs (Tarjan's strongly
// connected components: within one, go/types may go through all).
func (b *bounds) visit(d *declared) {
	b.index++
	d.index, d.low, d.onStack = b.index, b.index, true
	b.stack = append(b.stack, d)
	for _, name := range d.refs {
		switch ref := b.names[name]; {
		case ref == nil:
		case ref.index == 0:
			b.visit(ref)
			d.low = min(d.low, ref.low)
			d.chain = max(d.chain, ref.chain)
		case ref.onStack:
			d.low = min(d.low, ref.index)
		default:
			d.chain = max(d.chain, ref.chain)
		}
	}
	if d.low != d.index {
		return
	}
	i := len(b.stack) - 1
	for b.stack[i] != d {
		i--
	}
	component := b.stack[i:]
	b.stack = b.stack[:i]
	chain := 0
	for _, m := range component {
		m.onStack = false
		chain = max(chain, m.chain)
	}
	for _, m := range component {
		m.chain = chain + len(component)
		b.measure(m)
	}
	b.chain = max(b.chain, chain+len(component))
}

// measure adds what a type or a constant amounts to.
func (b *bounds) measure(d *declared) {
	switch {
	case d.spec != nil:
		d.expanded, d.depth = b.expand(d.spec.(*ast.TypeSpec).Type)
		d.expanded, d.depth = d.expanded+1, d.depth+1
		b.expansion += d.expanded * d.depth
	case d.value != nil:
		d.bytes = b.length(d.value)
		b.constants += d.bytes
		b.longest = max(b.longest, d.bytes)
	}
}

func (b *bounds) lookup(name string) *declared {
	if d := b.locals[name]; d != nil {
		return d
	}
	return b.names[name]
}

// expand counts the types that a type contains by value, and how deep. A type
// that is not measured yet is part of a cycle, and counts as one.
func (b *bounds) expand(t ast.Expr) (count, depth float64) {
	add := func(e ast.Expr) {
		c, d := b.expand(e)
		count, depth = count+c, max(depth, d)
	}
	switch t := t.(type) {
	case *ast.Ident:
		if d := b.lookup(t.Name); d != nil {
			return max(d.expanded, 1), max(d.depth, 1)
		}
		return 1, 1
	case *ast.ParenExpr:
		return b.expand(t.X)
	case *ast.ArrayType:
		if t.Len != nil {
			add(t.Elt)
		}
	case *ast.IndexExpr: // a type argument may stand anywhere in the type
		add(t.X)
		add(t.Index)
	case *ast.IndexListExpr:
		add(t.X)
		for _, e := range t.Indices {
			add(e)
		}
	case *ast.StructType:
		for _, f := range t.Fields.List {
			c, d := b.expand(f.Type)
			count, depth = count+c*float64(max(len(f.Names), 1)), max(depth, d)
		}
	case *ast.InterfaceType:
		for _, f := range t.Methods.List {
			if len(f.Names) == 0 {
				add(f.Type)
			}
		}
	case *ast.BinaryExpr: // of a union
		add(t.X)
		add(t.Y)
	case *ast.UnaryExpr:
		add(t.X)
	}
	return count + 1, depth + 1
}

// length gives the bytes of the strings in a constant expression.
func (b *bounds) length(e ast.Expr) (bytes float64) {
	ast.Inspect(e, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				bytes += float64(len(n.Value))
			}
		case *ast.Ident:
			if d := b.lookup(n.Name); d != nil {
				bytes += d.bytes
			}
		}
		return true
	})
	return bytes
}

// inside measures the types and constants of function bodies, and, where there
// are long constants, how often they are named. A name counts for the longest
// thing that it names anywhere in the function.
func (b *bounds) inside(decl ast.Decl) {
	b.locals = map[string]*declared{}
	ast.Inspect(decl, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.DeclStmt:
			if g, ok := n.Decl.(*ast.GenDecl); ok && g.Tok != token.VAR {
				for _, d := range specs(g) {
					b.measure(d.declared)
					if old := b.locals[d.name]; old != nil {
						d.expanded, d.depth, d.bytes = max(d.expanded, old.expanded), max(d.depth, old.depth), max(d.bytes, old.bytes)
					}
					b.locals[d.name] = d.declared
				}
			}
		case *ast.Ident:
			if b.longest > longConstant {
				if d := b.lookup(n.Name); d != nil {
					b.constants += d.bytes
				}
			}
		}
		return true
	})
	b.locals = nil
}

// errSizing is what boundedSizes panics with.
const errSizing = "types that contain each other too often"

// boundedSizes gives up on types whose size takes too long to compute. It is
// for one type-check, which recovers from the panic.
type boundedSizes struct {
	types.Sizes
	sizes map[types.Type]int64
	steps map[types.Type]float64
}

func newSizes(arch string) *boundedSizes {
	return &boundedSizes{types.SizesFor("gc", arch), map[types.Type]int64{}, map[types.Type]float64{}}
}

func (s *boundedSizes) Sizeof(t types.Type) int64 {
	size, ok := s.sizes[t]
	if !ok {
		s.check(t)
		size = s.Sizes.Sizeof(t)
		s.sizes[t] = size
	}
	return size
}

func (s *boundedSizes) Alignof(t types.Type) int64 {
	s.check(t)
	return s.Sizes.Alignof(t)
}

func (s *boundedSizes) Offsetsof(fields []*types.Var) []int64 {
	for _, f := range fields {
		s.check(f.Type())
	}
	return s.Sizes.Offsetsof(fields)
}

func (s *boundedSizes) check(t types.Type) {
	if s.count(t) > maxSizing {
		panic(errSizing)
	}
}

// count gives the steps in which go/types computes a size.
func (s *boundedSizes) count(t types.Type) float64 {
	if steps, ok := s.steps[t]; ok {
		return steps
	}
	s.steps[t] = math.Inf(1) // of a type that contains itself
	steps := 1.0
	switch u := t.Underlying().(type) {
	case *types.Array:
		steps += s.count(u.Elem())
	case *types.Struct:
		for f := range u.Fields() {
			steps += s.count(f.Type())
		}
		if n := u.NumFields(); n > 0 {
			steps += s.count(u.Field(n - 1).Type())
		}
	}
	s.steps[t] = steps
	return steps
}
