package ksym

import (
	"bytes"
	"cmp"
	"debug/dwarf"
	"encoding/binary"
	"slices"
	"sort"
)

// unitRange says which compilation unit an address is in.
type unitRange struct {
	start, end uint64
	die        dwarf.Offset // of the unit's first entry
}

// scope is a function, or an inlined call in one.
type scope struct {
	ranges   [][2]uint64
	name     string
	inlined  bool
	depth    int
	callFile int
	callLine int
}

// source is the line table of one unit.
type source struct {
	files []*dwarf.LineFile
	lines []dwarf.LineEntry // by address
}

// At returns the place of an instruction: the innermost inlined function
// first, last the function itself. Nothing if it is not known.
func (l *Lines) At(addr uint64) []Position {
	pc := addr - l.shift
	i := sort.Search(len(l.units), func(i int) bool { return l.units[i].start > pc })
	if i == 0 || pc >= l.units[i-1].end {
		return nil
	}
	die := l.units[i-1].die
	src := l.source(die)
	file, line := src.at(pc)
	if line == 0 {
		return nil
	}
	var out []Position
	scopes := l.scopesOf(die)
	depth := maxEntries
	for i := len(scopes) - 1; i >= 0; i-- { // inner ones follow outer ones
		s := &scopes[i]
		if s.depth >= depth || !s.holds(pc) {
			continue
		}
		depth = s.depth
		out = append(out, Position{s.name, file, line, s.inlined})
		if !s.inlined {
			return out
		}
		file, line = src.file(s.callFile), s.callLine
	}
	return append(out, Position{File: file, Line: line})
}

func (s *scope) holds(pc uint64) bool {
	for _, r := range s.ranges {
		if r[0] <= pc && pc < r[1] {
			return true
		}
	}
	return false
}

// source reads the line table of a unit, once.
func (l *Lines) source(die dwarf.Offset) *source {
	if s := l.sources[die]; s != nil {
		return s
	}
	s := &source{}
	l.sources[die] = s
	r := l.d.Reader()
	r.Seek(die)
	cu, err := r.Next()
	if err != nil || cu == nil {
		return s
	}
	lr, err := l.d.LineReader(cu)
	if err != nil || lr == nil {
		return s
	}
	var e dwarf.LineEntry
	for lr.Next(&e) == nil {
		s.lines = append(s.lines, e)
	}
	s.files = lr.Files()
	slices.SortStableFunc(s.lines, func(a, b dwarf.LineEntry) int { return cmp.Compare(a.Address, b.Address) })
	return s
}

// at returns the line of an instruction.
func (s *source) at(pc uint64) (file string, line int) {
	i := sort.Search(len(s.lines), func(i int) bool { return s.lines[i].Address > pc })
	for i--; i >= 0; i-- {
		e := &s.lines[i]
		if e.EndSequence {
			return "", 0
		}
		if e.File != nil && e.Line > 0 {
			return e.File.Name, e.Line
		}
	}
	return "", 0
}

func (s *source) file(i int) string {
	if i < 0 || i >= len(s.files) || s.files[i] == nil {
		return ""
	}
	return s.files[i].Name
}

const maxEntries = 1 << 22 // of one unit

// scopesOf lists the functions of a unit and what is inlined in them, outer
// ones first.
func (l *Lines) scopesOf(die dwarf.Offset) []scope {
	if s, ok := l.scopes[die]; ok {
		return s
	}
	var out []scope
	r := l.d.Reader()
	r.Seek(die)
	depth := 0
	for range maxEntries {
		e, err := r.Next()
		if err != nil || e == nil {
			break
		}
		if e.Tag == 0 {
			if depth--; depth <= 0 {
				break
			}
			continue
		}
		if e.Tag == dwarf.TagSubprogram || e.Tag == dwarf.TagInlinedSubroutine {
			if ranges, err := l.d.Ranges(e); err == nil && len(ranges) > 0 {
				file, _ := e.Val(dwarf.AttrCallFile).(int64)
				line, _ := e.Val(dwarf.AttrCallLine).(int64)
				out = append(out, scope{ranges: ranges, name: l.name(e), inlined: e.Tag == dwarf.TagInlinedSubroutine, depth: depth, callFile: int(file), callLine: int(line)})
			}
		}
		if e.Children {
			depth++
		} else if depth == 0 {
			break
		}
	}
	l.scopes[die] = out
	return out
}

// name returns the name of a function, which an inlined or cloned one has from
// the entry that it was made from.
func (l *Lines) name(e *dwarf.Entry) string {
	for range 4 {
		if name, ok := e.Val(dwarf.AttrName).(string); ok {
			return name
		}
		off, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset)
		if !ok {
			if off, ok = e.Val(dwarf.AttrSpecification).(dwarf.Offset); !ok {
				return ""
			}
		}
		r := l.d.Reader()
		r.Seek(off)
		var err error
		if e, err = r.Next(); err != nil || e == nil {
			return ""
		}
	}
	return ""
}

// parseAranges reads .debug_aranges (DWARF 5, 6.1.2): which unit has which
// addresses. What is damaged is left out.
func parseAranges(b, info []byte) []unitRange {
	le := binary.LittleEndian
	var out []unitRange
	for len(b) >= 12 {
		size := uint64(le.Uint32(b))
		if size < 8 || size+4 > uint64(len(b)) {
			break
		}
		set := b[4 : 4+size]
		b = b[4+size:]
		unit := uint64(le.Uint32(set[2:]))
		if set[6] != 8 || unit+12 > uint64(len(info)) {
			continue
		}
		// The header of a unit has 11 bytes, since DWARF 5 12.
		die := unit + 11
		if le.Uint16(info[unit+4:]) >= 5 {
			die++
		}
		for t := set[min(12, len(set)):]; len(t) >= 16; t = t[16:] {
			start, n := le.Uint64(t), le.Uint64(t[8:])
			if n > 0 && start+n > start {
				out = append(out, unitRange{start, start + n, dwarf.Offset(die)})
			}
		}
	}
	slices.SortFunc(out, func(a, b unitRange) int { return cmp.Compare(a.start, b.start) })
	return out
}

// noteBuildID finds NT_GNU_BUILD_ID among notes.
func noteBuildID(b []byte) ([]byte, bool) {
	for len(b) >= 12 {
		name, desc, typ := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
		at := 12 + (uint64(name)+3)&^3
		end := at + uint64(desc)
		if end > uint64(len(b)) {
			break
		}
		if typ == 3 && bytes.Equal(b[12:min(12+uint64(name), uint64(len(b)))], []byte("GNU\x00")) {
			return b[at:end], true
		}
		b = b[min((end+3)&^3, uint64(len(b))):]
	}
	return nil, false
}
