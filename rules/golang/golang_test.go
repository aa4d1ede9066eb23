package golang

import (
	"testing"

	"github.com/peercheck/peercheck/lib/checktest"
)

func TestChecks(t *testing.T) {
	for _, c := range All() {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			checktest.Run(t, c, checktest.Options{})
		})
	}
}
