package lsp

import "testing"

func TestSmoke(t *testing.T) {
	dir := folderOf(t, "a.txt", "nothing here")
	e := initialized(t, dir, full)
	u := in(dir, "a.txt")
	e.open(u, "plaintext", 1, "a hazard\n")
	e.want(u, 1, "0:2-0:8 test/hazard")
	e.change(u, 2, partial(0, 2, 0, 8, "safety"))
	e.want(u, 2, "")
	m := e.request("shutdown", "")
	if string(m.Result) != "null" {
		t.Errorf("shutdown gave %s", m.raw)
	}
	e.notify("exit", "")
	<-e.done
	if e.err != nil {
		t.Error(e.err)
	}
}
