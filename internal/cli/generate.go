package cli

//go:generate go run gordian/internal/tools/gendocs ../../docs/rules
