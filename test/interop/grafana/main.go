// Reads dashboards as Grafana's own definition of them does, strictly: a field that it does not know, or of another type, is an error. Prints each, and ends
// with 1 where there is one.
package main

import (
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	// What is in a panel or a query is of its kind.
	plugins.RegisterDefaultPlugins()
	code := 0
	for _, file := range os.Args[1:] {
		text, err := os.ReadFile(file)
		var read dashboard.Dashboard
		if err == nil {
			err = read.UnmarshalJSONStrict(text)
		}
		if err == nil {
			err = read.Validate()
		}
		// It may answer a list of errors in which there is none.
		if err != nil && err.Error() != "" {
			fmt.Printf("%s: %v\n", file, err)
			code = 1
		}
	}
	os.Exit(code)
}
