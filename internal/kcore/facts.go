package kcore

import (
	"context"

	"gordian/internal/model"
)

// AddFacts states what the memory shows: what of it is missing, and how much
// was looked at. input is the dump's index among f.Inputs.
func (k *Kernel) AddFacts(_ context.Context, f *model.Facts, input int, _ model.Boot) error {
	for _, what := range k.Incomplete {
		f.Incomplete = append(f.Incomplete, model.Incomplete{Input: input, Reason: what})
	}
	f.Count("modules", int64(len(k.Modules)))
	return nil
}
