// What the walkthrough opens: a file with a finding in it, and a fix for it.

export const demo = `package demo

import (
	"crypto/tls"
	"net/http"
)

// newClient connects to a partner. Hover over what is underlined to read what is
// wrong with it; the light bulb (Ctrl+. or Cmd+.) has a fix.
func newClient() *http.Client {
	config := &tls.Config{InsecureSkipVerify: true}
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config}}
}
`;
