package cli

import "gordian/internal/check"

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis { return analysis{judge: check.Source} }
