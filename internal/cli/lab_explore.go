package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"gordian/internal/lab"
	"gordian/internal/lab/explore"
	"gordian/internal/lab/kbuild"
	"gordian/internal/lab/kmod"
	"gordian/internal/lab/proto"
	"gordian/internal/model"
)

// exploreAll is the value of --explore without one.
const exploreAll = "all"

// addExplored adds the attempts to make the module hang: it is loaded, worked
// and unloaded several times, and its tasks wait for each other ever longer.
func (r *labRun) addExplored(ctx context.Context, j *lab.Job, path string, params []string) error {
	ko, info, err := kmod.Load(path)
	if err != nil {
		return err
	}
	module, err := explore.Inspect(ko)
	if err != nil {
		return err
	}
	functions, err := exploredFunctions(r.explore)
	if err != nil {
		return err
	}
	own, err := module.Params(info.Name, functions)
	if err != nil {
		return err
	}
	if err := j.Kernel.MissingHeaders(); err != nil {
		return err
	}
	work, err := r.buildDir()
	if err != nil {
		return err
	}
	helper, err := explore.Build(ctx, work, kbuild.Headers{Dir: j.Kernel.HeadersDir, Release: j.Kernel.Release})
	if err != nil {
		return err
	}
	if err := j.Load(helper, own); err != nil {
		return err
	}
	waits := explore.Waits()
	for i, wait := range waits {
		ms := fmt.Sprint(wait.Milliseconds())
		j.Steps = append(j.Steps, proto.Step{
			Op: proto.Write, Path: "/sys/module/" + explore.Helper + "/parameters/wait_ms", Data: ms,
			Name: fmt.Sprintf("attempt %d of %d: a task with one lock waits up to %s ms for the others", i+1, len(waits), ms),
		})
		if err := j.Load(path, params); err != nil {
			return err
		}
		if err := r.addRound(j); err != nil {
			return err
		}
		j.Steps = append(j.Steps, proto.Step{Op: proto.Unload, Path: info.Name, Name: "unload " + info.Name})
	}
	return nil
}

// exploredFunctions are those that the user names, or those of the findings in
// a saved report that are about the order of locks.
func exploredFunctions(value string) ([]string, error) {
	if value == exploreAll {
		return nil, nil
	}
	if !strings.HasSuffix(value, ".json") {
		return strings.Split(value, ","), nil
	}
	f, err := os.Open(value)
	if err != nil {
		return nil, fmt.Errorf("--explore: %w", err)
	}
	defer f.Close() //nolint:errcheck // opened for reading
	doc, err := model.ReadDocument(f)
	if err != nil {
		return nil, fmt.Errorf("--explore: %s: %w", value, err)
	}
	var out []string
	for _, found := range doc.Findings {
		if found.Rule != "lock-order-inversion" && found.Rule != "deadlock" {
			continue
		}
		names := []string{found.Function}
		for _, e := range found.Path {
			name, _, _ := strings.Cut(e.At, " ")
			names = append(names, strings.TrimSuffix(name, "()"))
		}
		out = append(out, names...)
	}
	slices.Sort(out)
	out = slices.DeleteFunc(slices.Compact(out), func(s string) bool { return s == "" })
	if len(out) == 0 {
		return nil, errors.New("--explore: " + value + " has no finding about the order of locks")
	}
	return out, nil
}
