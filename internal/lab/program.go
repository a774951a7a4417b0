package lab

import (
	"fmt"
	"os/exec"
	"path/filepath"
)

// program puts the program that the host would run as name into the guest, at
// the path that it has on the host.
func (j *Job) program(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err == nil {
		path, err = filepath.Abs(path)
	}
	if err != nil {
		return "", fmt.Errorf("program for the guest: %w", err)
	}
	if err := j.image.AddProgram(path, path); err != nil {
		return "", fmt.Errorf("program for the guest: %w", err)
	}
	return path, nil
}
