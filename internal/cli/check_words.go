package cli

import (
	"strconv"

	"gordian/internal/srcfact"
)

func noteWords(n srcfact.Note) string {
	if n.Line > 0 {
		return "line " + strconv.Itoa(n.Line) + ": " + n.Reason
	}
	return n.Reason
}
