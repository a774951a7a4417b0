package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"gordian/internal/srccache"
	"gordian/internal/srcfact"
)

// cacheMax bounds the folder of kept results.
const cacheMax = 512 << 20

// kept runs the analysis, unless its result is known from an earlier run.
func (k *checkCmd) kept(ctx context.Context, o sourceOptions) (*checked, error) {
	store, key := k.store(o)
	if r, ok := store.Get(key); ok {
		s := &srcfact.Facts{Files: r.Files, Incomplete: r.Incomplete, Ignored: r.Ignored, Stats: r.Stats, Reads: r.Reads}
		c := newChecked(s, o)
		c.findings = r.Findings
		return c, nil
	}
	begun := time.Now()
	c, err := k.judged(ctx, o)
	if err != nil || ctx.Err() != nil || time.Since(begun) < k.source.keepFrom {
		return c, err
	}
	s := c.source
	// A cache that cannot be written is no reason to complain: the next run is
	// slower, that is all.
	_ = store.Put(key, &srccache.Result{Findings: c.findings, Files: s.Files, Incomplete: s.Incomplete,
		Ignored: s.Ignored, Stats: s.Stats, Reads: s.Reads}, begun)
	return c, nil
}

// store returns where the result is kept, and its name; an empty store if it
// cannot be: the facts behind a result are not in there, and files that stand
// in for others are gone by the next run.
func (k *checkCmd) store(o sourceOptions) (srccache.Store, string) {
	if k.noCache || k.wantFacts() || len(o.Replace) > 0 || slices.ContainsFunc(o.Paths, isStdin) {
		return srccache.Store{}, ""
	}
	dir := k.cacheDir
	if dir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return srccache.Store{}, ""
		}
		dir = filepath.Join(user, "gordian")
	}
	parts, err := keyParts(o)
	if err != nil {
		return srccache.Store{}, ""
	}
	return srccache.Store{Dir: dir, Max: cacheMax}, srccache.Key(parts...)
}

// keyParts is all that a result depends on beside the files that are read.
func keyParts(o sourceOptions) ([]string, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	st, err := os.Stat(self)
	if err != nil {
		return nil, err
	}
	here, err := os.Getwd() // paths are shown relative to it
	if err != nil {
		return nil, err
	}
	project := ""
	for _, f := range o.Projects {
		b, err := os.ReadFile(f)
		if err != nil {
			return nil, err
		}
		project += f + "\n" + string(b)
	}
	parts := []string{version(), self, strconv.FormatInt(st.Size(), 10), strconv.FormatInt(st.ModTime().UnixNano(), 10),
		here, o.Root, strconv.FormatBool(o.NoRoot), o.Overlay, o.Config, strconv.FormatBool(o.Neighbours), project}
	return append(parts, fmt.Sprintf("%q %q", o.Includes, o.Paths)), nil
}
