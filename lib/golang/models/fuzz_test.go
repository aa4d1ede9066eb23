package models_test

import (
	"strings"
	"testing"

	"github.com/peercheck/peercheck/lib/golang/models"
)

// FuzzRead reads anything: it is an error that names the file, or models.
func FuzzRead(f *testing.F) {
	f.Add("package p\n(*T).A|B: sink sql 0.X[],1... if 2 not a,b; source http result1.Y{}; 0 => recv*; format 1; stands 0 for url; guard ok 0 clears all but sql")
	f.Add("class c local \"a class\"\nkind k remote \"a kind\"\ngroup g = sql\nshape s clears g\npackage p\nreader T: source k\nwriter T: sink c\nfield T.F: source http in A,B clears rootless")
	f.Add("package p\nF: 0(1) -> result(2)")
	f.Fuzz(func(t *testing.T, text string) {
		base := models.Default()
		m, err := models.Read(base, "x.models", text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "x.models:") {
				t.Errorf("the error names no place: %v", err)
			}
			return
		}
		if len(m.Classes()) < len(base.Classes()) || len(base.Kinds()) == 0 {
			t.Error("classes are lost")
		}
	})
}
