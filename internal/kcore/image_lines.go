package kcore

import (
	"gordian/internal/ksym"
	"gordian/internal/model"
)

// UseVmlinux adds source lines and inlined functions to stacks, from the
// vmlinux with debug information of this very kernel.
func (k *Kernel) UseVmlinux(path string) error {
	lines, err := ksym.OpenLines(path, k.Image.Info.BuildID(), k.Image.Info.KASLR())
	if err != nil {
		return err
	}
	k.lines = lines
	return nil
}

// addLines gives the frames of stacks their places in source, and puts a frame
// of its own before them for each function that was inlined there.
func (s *State) addLines() {
	if s.K.lines == nil {
		return
	}
	for _, t := range s.Tasks {
		frames := make([]Frame, 0, len(t.Frames))
		for _, f := range t.Frames {
			at := s.K.lines.At(f.PC())
			for i, p := range at {
				if i == len(at)-1 {
					f.Sym.File, f.Sym.Line = p.File, p.Line
					continue
				}
				inlined := f
				inlined.Sym = model.Frame{Func: p.Func, File: p.File, Line: p.Line, Inline: true, Unreliable: f.Unreliable}
				frames = append(frames, inlined)
			}
			frames = append(frames, f)
		}
		t.Frames = frames
	}
}
