// Package vmtest holds the tests that boot kernels: `make test-lab`. They need
// QEMU, the distribution's kernel and its headers, and say so when one is missing.
package vmtest
