package lockapi

import "strings"

// gfpMeaning is what one flag says about sleeping.
type gfpMeaning uint8

const (
	gfpModifier gfpMeaning = iota // says nothing: __GFP_ZERO
	gfpBlocks                     // GFP_KERNEL, __GFP_DIRECT_RECLAIM
	gfpAtomic                     // GFP_ATOMIC, GFP_NOWAIT
)

// GFP reads an argument with allocation flags as it stands in the source:
// known is set if its meaning does not depend on a variable or condition,
// blocks if it lets the allocator sleep.
func (t *Table) GFP(expr string) (known, blocks bool) {
	if strings.ContainsAny(expr, "?") {
		return false, false
	}
	for i := 0; i < len(expr); {
		if !identByte(expr[i]) {
			i++
			continue
		}
		start := i
		for i < len(expr) && identByte(expr[i]) {
			i++
		}
		word := expr[start:i]
		masked := strings.HasSuffix(strings.TrimRight(expr[:start], " \t\n("), "~")
		meaning, listed := t.gfp[word]
		switch {
		case masked && meaning == gfpBlocks:
			return true, false // GFP_KERNEL & ~__GFP_DIRECT_RECLAIM
		case masked, word == "__force", word == "gfp_t":
		case word[0] >= '0' && word[0] <= '9':
			known = true
		case !listed:
			return false, false
		case meaning == gfpBlocks:
			known, blocks = true, true
		default:
			known = true
		}
	}
	return known, blocks
}

func identByte(c byte) bool {
	return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
