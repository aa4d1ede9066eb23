// Command library is the program of twenty lines that imports peercheck.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/peercheck/peercheck/lib/scan"
	"github.com/peercheck/peercheck/lib/source"
	"github.com/peercheck/peercheck/rules"
)

func main() {
	scanner, err := scan.New(scan.Options{Checks: rules.All()})
	if err != nil {
		log.Fatal(err)
	}
	report, err := scanner.Scan(context.Background(), source.Dir(os.Args[1]))
	if err != nil {
		log.Fatal(err)
	}
	for f := range report.Active() {
		fmt.Println(f.Location.Path, f.Location.Start, f.CheckID, f.Confidence, f.Fingerprint)
	}
}
