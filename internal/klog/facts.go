package klog

import "gordian/internal/model"

// addFacts turns the reports from index first on into facts.
func addFacts(f *model.Facts, first int) {
	_ = f
	_ = first
}
