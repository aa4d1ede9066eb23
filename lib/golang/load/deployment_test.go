package load

import (
	"testing"
	"testing/fstest"
)

// A program of a module that is published stands aside unless something says how it is run for others: beside it, in its module or above that.
func TestAside(t *testing.T) {
	for file, aside := range map[string]bool{
		"README.md": true, "examples/Dockerfile": true, "Dockerfile/of/nothing": true, "m/lib/Dockerfile": true, "m/docker/deep/Dockerfile": true,
		"m/docker-compose.txt": true, "m/service": true, "n/Dockerfile": true,
		"Dockerfile": false, "docker/api.Dockerfile": false, "m/Dockerfile.alpine": false, "m/cmd/serve/Procfile": false, "m/cmd/compose.yaml": false,
		"m/dist/serve.service": false, "m/.docker/Dockerfile": false, "m/charts/Chart.yaml": false,
	} {
		tree := fstest.MapFS{"m/go.mod": {Data: []byte("module example.com/m\n")}, "m/LICENSE.txt": {}, file: {Data: []byte("FROM scratch\n")}}
		for _, name := range []string{"m/root.go", "m/cmd/serve/main.go"} {
			tree[name] = &fstest.MapFile{Data: []byte("package main\n\nfunc main() {}\n")}
		}
		tree["m/lib/lib.go"] = &fstest.MapFile{Data: []byte("package lib\n")}
		plan, err := New(Options{}).Plan(t.Context(), Request{Tree: tree, Folders: []string{"m", "m/cmd/serve", "m/lib"}})
		if err != nil {
			t.Fatal(err)
		}
		delete(tree, "m/LICENSE.txt")
		alone, err := New(Options{}).Plan(t.Context(), Request{Tree: tree, Folders: []string{"m/cmd/serve"}})
		if err != nil {
			t.Fatal(err)
		}
		if alone.Units[0].Aside {
			t.Errorf("with %s: aside in a module that is not published", file)
		}
		alone.Close()
		for _, u := range plan.Units {
			if want := aside && u.Folder == "m/cmd/serve"; u.Aside != want {
				t.Errorf("with %s, %s: %v", file, u.Folder, u.Aside)
			}
		}
		plan.Close()
	}
}
