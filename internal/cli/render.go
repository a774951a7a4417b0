package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"gordian/internal/model"
)

const renderExample = `  gordian diagnose --format json dmesg.txt > saved.json
  gordian render saved.json
  gordian render --format html -o report.html saved.json`

func newRender(s Streams) *cobra.Command {
	var out output
	c := &cobra.Command{
		Use:     "render [flags] SAVED.json",
		Short:   "Show a saved JSON report in any format",
		Long:    "Read a document that `gordian diagnose --format json` wrote (\"-\": standard input) and show it in any format.",
		Example: renderExample,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usageError(c, errors.New("give one saved JSON report, or - for standard input"))
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := out.choose(args); err != nil {
				return err
			}
			d, err := readSaved(args[0], s.In)
			if err != nil {
				return err
			}
			return out.write(d)
		},
	}
	out.addFlags(c, s)
	return c
}

func readSaved(path string, stdin io.Reader) (*model.Document, error) {
	r := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return nil, err
		}
		defer f.Close() //nolint:errcheck // read only
		r = f
	}
	d, err := model.ReadDocument(r)
	var syntax *json.SyntaxError
	switch {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("%s: empty: not a gordian document", path)
	case errors.As(err, &syntax):
		return nil, fmt.Errorf("%s: not a gordian document, nor any JSON (`gordian diagnose` reads logs)", path)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return d, nil
}
