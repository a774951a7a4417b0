package cli

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis { return analysis{} }
