package change_test

import (
	"testing"

	"github.com/peercheck/peercheck/lib/checktest"
	"github.com/peercheck/peercheck/rules/change"
)

func TestChecks(t *testing.T) {
	for _, c := range change.All() {
		t.Run(c.ID, func(t *testing.T) {
			if err := c.Validate(); err != nil {
				t.Error(err)
			}
			checktest.Run(t, c, checktest.Options{})
		})
	}
}
