package golang

import "testing"

func TestSaysForTests(t *testing.T) {
	for doc, want := range map[string]bool{
		"Package fake provides a fake implementation of a client\nto use in testing.":              true,
		"Package registry implements a registry.\n\nIt is small, with an initial focus on tests.":  true,
		"Package certs has a key that should only be used in testing scenarios.":                   true,
		"Package proxytest provides helper utilities for testing\nmodifiers.":                      true,
		"Package tdhttp, from td, provides some functions to easily\ntest HTTP handlers.":          true,
		"Package unicode has functions to test some properties of code points.":                    false,
		"Package server serves pages. Options for tests are in package servertest.":                false,
		"Package store keeps objects. It is only for what has to last. In tests, use package mem.": false,
		"Package proxy is a proxy with an interface for testing other servers.":                    false,
		"Package retry repeats operations until they work.":                                        false,
		"Copyright 2018. Only for tests.":                                                          false,
	} {
		if got := saysForTests(doc); got != want {
			t.Errorf("saysForTests(%q) = %t, want %t", doc, got, want)
		}
	}
}
