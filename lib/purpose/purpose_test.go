package purpose

import "testing"

func TestShows(t *testing.T) {
	for name, want := range map[string]bool{
		"examples/chat/main.go": true, "cmd/test-server/main.go": true, "internal/load-test/run.go": true, "_examples/a.go": true, "pkg/mock/client.go": true, "cmd/bulkbench/main.go": true, "cmd/shop-demo-small/main.go": true, "docs/a.go": true, "cmd/utils/simplebenchserver/main.go": true, "testserver/a.go": true, "autobahn/main.go": true, "internal/cmd/issue-908/main.go": true, "devel/metamock/meta.go": true, "v2/testapp/a.go": true, "internal/fakeserver/a.go": true, "interop_browser/main.go": true, "devtools/cmd/db/main.go": true, ".clusterfuzzlite/Dockerfile": true, "test/e2e/docker/Dockerfile": true, "internal/sqltest/native/a.go": true, "memtest/a.go": true, "contrib/raftexample/a.go": true, "simulator/session.go": true, "testkit-backend/main.go": true, "crossdock/server/server.go": true, "cmd/helloworld/main.go": true, "cmd/tst-send/main.go": true, "functional/tester/cluster.go": true,
		"task/fakes.go": true, "a/mock_client.go": true, "store_mock.go": true, "proxy/test_proxy.go": true, "helper/docker/testhelpers.go": true, "cmd/conformance/gcp/main.go": true, "internal/third_party/thrift/a.go": true, "pkg/loadtester/server.go": true, "pkg/party/a.go": false,
		"internal/cmd/echosrv/main.go": true, "cmd/echo-server/main.go": true, "echo/server/main.go": false, "echoserverless/a.go": false,
		"cmd/server/main.go": false, "examples.go": false, "internal/attest/attest.go": false, "latest/a.go": false, "speedtest/a.go": false, "workbench/a.go": false, "docs-server/a.go": false, "testimony/a.go": false, "fuzzy/a.go": false, "issues/a.go": false, "hammock/a.go": false, "cmd/test.go": false, "a/testing.go": false, "fakery.go": false, "a/mock.py": false, "latest_mockup.go": false,
	} {
		if got := Shows(name); got != want {
			t.Errorf("Shows(%q) = %t, want %t", name, got, want)
		}
	}
}

func TestShowsModule(t *testing.T) {
	for path, want := range map[string]bool{
		"github.com/google/trillian-examples": true, "example.org/go-demo/v2": true, "example.org/samples": true, "github.com/go-faker/faker/v4": true, "example.org/aws-mock": true,
		"example.com/m": false, "github.com/openshift/sampler": false, "example.org/demography": false, "example.org/mockingbird": false, "example.org/examples/server": false,
	} {
		if got := ShowsModule(path); got != want {
			t.Errorf("ShowsModule(%q) = %t, want %t", path, got, want)
		}
	}
}
