package purpose

import "testing"

func TestTrial(t *testing.T) {
	for text, want := range map[string]bool{
		"# Shingle\n\n[![Tests](https://x/test.svg)](https://x)\n\nA miniature version of [Boulder](https://x), Shingle\nis a small [ACME](https://x) test server not suited\nfor use as a production CA.": true,
		"# Gravel\n\nGravel issues certificates.\n\nGravel is **NOT INTENDED FOR PRODUCTION USE**.":                                                                                                        true,
		"<h1 align=\"center\">\n  Inbox\n</h1>\n\n**Inbox** is a small, fast, zero-dependency, multi-platform email testing tool & API for developers.":                                                    true,
		"# Mini\n\nPure Go Redis test server, used in Go unittests.":                                                                                                                                       true,
		"# lib\n\nThe `lib` package answers challenges.\n\n**Important note: The `lib` library is for TEST USAGE ONLY.**":                                                                                  true,
		"# pay-mock\n\npay-mock is a mock HTTP server that responds like the real API.":                                                                                                                    true,
		"# App\n\nThis is a demo application for our SDK.":                                                                                                                                                 true,
		"Command idp is a fake OpenID provider.":                                                                                                                                                           true,
		"## Acme Runtime Emulator\n\nIt runs functions.":                                                                                                                                                   true,
		"<p>A lightweight AWS service emulator written in Go.<br>Works as a CI/CD testing tool.</p>":                                                                                                       true,
		"# Term\n\nTerm is a terminal emulator written in Go.":                                                                                                                                             false,
		"# Term\n\nTerm is a terminal emulator.":                                                                                                                                                           false,
		"Sqlfake is a mock library implementing sql/driver.":                                                                                                                                               true,
		"# S3\n\nA lightweight server. It is meant for local development and is not meant to be used in production.":                                                                                       true,
		"Testy\n------\n\nTesty is a collection of utilities to facilitate unit testing in Go.":                                                                                                            true,
		"![Gomega](x.png)\n\nGomega is a matcher/assertion library.":                                                                                                                                       true,
		"# X\n\nX is only intended for testing.":                                                                                                                                                           true,
		"# P\n\nP is a programmable HTTP proxy designed to be used for testing.":                                                                                                                           true,

		"# Store\n\nStore is a battle-tested server. See [testing](x).":                                                       false,
		"# Store\n\nA server.\n\n## Testing\n\nRun go test. This is a test server.":                                           false,
		"# Store\n\nA server with a mock client for tests.":                                                                   false,
		"# Store\n\nStore keeps objects. The in-memory backend is not intended for production use.":                           false,
		"# Store\n\nStore is a server. It is not ready for production yet.":                                                   false,
		"# Speed\n\nSpeed is a speed test server.":                                                                            false,
		"# Load\n\nLoad is a modern load testing tool.":                                                                       false,
		"# FS\n\nFS is a file system abstraction which simplifies testing your application.":                                  false,
		"# API\n\nA server.\n\n- a demo server\n- a test server":                                                              false,
		"# API\n\n```\nthis is a test server\n```\n\nA server for orders.":                                                    false,
		"# Gofakeit\n\nRandom data generator written in go":                                                                   true,
		"# Failpoint\n\nAn implementation of failpoints for Golang. They add points where errors may be injected.":            true,
		"# Overview\n\nAn enjoyable golang test framework.":                                                                   true,
		"# Tool\n\nTool is a client that talks to test servers.":                                                              false,
		"# Tool\n\nA production-ready logging library.":                                                                       false,
		"# Chi\n\nSee the example application in _examples. The router was written during the development of a test service.": false,
		"# MQ\n\nThe default configuration is not suitable for production.":                                                   false,
		"": false,
	} {
		if got := Trial(text); got != want {
			t.Errorf("Trial(%q) = %t, want %t: %q", text, got, want, introduction(text))
		}
	}
}
