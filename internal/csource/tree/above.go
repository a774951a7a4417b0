package tree

import "path/filepath"

// RootAbove returns the kernel tree that an absolute path lies in, or "".
func RootAbove(abs string) string {
	for dir := abs; ; dir = filepath.Dir(dir) {
		if isRoot(dir) {
			return dir
		}
		if dir == filepath.Dir(dir) {
			return ""
		}
	}
}
