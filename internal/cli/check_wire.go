package cli

import (
	"time"

	"gordian/internal/check"
)

// sourceAnalysis returns the real analysis.
func sourceAnalysis() analysis { return analysis{judge: check.Source, keepFrom: time.Second} }
