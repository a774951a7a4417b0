package ktype

import (
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"testing"
)

func parseSample(t *testing.T) *Types {
	t.Helper()
	types, err := Parse(sample().bytes())
	if err != nil {
		t.Fatal(err)
	}
	return types
}

func TestMembers(t *testing.T) {
	types := parseSample(t)
	tests := map[string]Field{
		"next":    {Offset: 0, Size: 8},
		"name":    {Offset: 8, Size: 16},
		"owner":   {Offset: 24, Size: 8}, // in an anonymous union
		"word":    {Offset: 24, Size: 4},
		"flag":    {Offset: 32, Size: 1, Bits: 1},
		"rest":    {Offset: 32, Size: 1, Bit: 1, Bits: 7},
		"inner":   {Offset: 36, Size: 8},
		"inner.b": {Offset: 40, Size: 4}, // through a typedef of a const
	}
	for path, want := range tests {
		got, ok := types.Member("node", path)
		if !ok || got.Offset != want.Offset || got.Size != want.Size || got.Bit != want.Bit || got.Bits != want.Bits {
			t.Errorf("%s: %+v, want %+v", path, got, want)
		}
	}
	for _, path := range []string{"", "nothing", "inner.c", "next.name", "name.x", "."} {
		if types.Has("node", path) {
			t.Errorf("node has %q", path)
		}
	}
	if _, err := types.Offset("node", "gone"); !errors.Is(err, ErrNoType) || !strings.Contains(err.Error(), "node, member gone") {
		t.Errorf("error %v", err)
	}
	if n, err := types.Size("node"); n != 48 || err != nil {
		t.Errorf("size %d, %v", n, err)
	}
	if _, err := types.Size("colour"); !errors.Is(err, ErrNoType) {
		t.Errorf("an enum has the size of a structure: %v", err)
	}
}

func TestEnums(t *testing.T) {
	types := parseSample(t)
	for name, want := range map[[2]string]int64{{"colour", "RED"}: 0, {"colour", "BLUE"}: -1, {"big", "HUGE"}: 1 | 2<<32} {
		if got, ok := types.EnumValue(name[0], name[1]); !ok || got != want {
			t.Errorf("%v = %d, want %d", name, got, want)
		}
	}
	if _, ok := types.EnumValue("colour", "GREEN"); ok {
		t.Error("GREEN is there")
	}
}

func TestNames(t *testing.T) {
	types := parseSample(t)
	node, _ := types.Struct("node")
	var got []string
	for f := range node.Members() {
		got = append(got, f.Type.String()+" "+f.Name)
	}
	want := []string{"struct node * next", "char[16] name", "union {…} ", "int flag", "int rest", "struct pair inner"}
	if !slices.Equal(got, want) {
		t.Errorf("members %q, want %q", got, want)
	}
	if got := types.Complete("n"); !slices.Equal(got, []string{"node", "number"}) {
		t.Errorf("names %q", got)
	}
}

// TestModule: types of a module refer to those of the kernel, and come first.
func TestModule(t *testing.T) {
	kernel := parseSample(t)
	b := newBuilder()
	// Numbers go on where those of the kernel end; so do string offsets.
	base := uint32(len(sample().strings))
	b.add("", Pointer, false, 0, 7)
	b.add("", Struct, false, 1, 8, base+1, 13, 0)
	b.strings = append([]byte{0}, "drv\x00"...)
	copy(b.types[12:], binary.LittleEndian.AppendUint32(nil, base+1))
	mod, err := kernel.Module(b.bytes())
	if err != nil {
		t.Fatal(err)
	}
	f, ok := mod.Member("drv", "drv")
	if !ok || f.Type.String() != "struct node *" {
		t.Errorf("drv.drv: %+v %v", f, f.Type)
	}
	if !mod.Has("node", "inner.b") || kernel.Has("drv", "drv") {
		t.Error("the kernel's types are not behind the module's, or the module's are in the kernel's")
	}
}

// TestLoops: types that consist of themselves end.
func TestLoops(t *testing.T) {
	b := newBuilder()
	b.add("a", Typedef, false, 0, 2)
	b.add("b", Typedef, false, 0, 1)
	b.add("s", Struct, false, 1, 8, 0, 3, 0)
	b.add("", Array, false, 0, 0, 4, 4, 1)
	b.add("deep", Struct, false, 2, 8, 0, 5, 0, 0, 5, 0)
	b.add("p", Typedef, false, 0, 7)
	b.add("", Pointer, false, 0, 7)
	types, err := Parse(b.bytes())
	if err != nil {
		t.Fatal(err)
	}
	touch(types)
	if types.Has("s", "x") || types.Has("deep", "x") {
		t.Error("found what is not there")
	}
}

// touch asks everything of all types.
func touch(types *Types) {
	for id := range uint32(len(types.btf.at) + 2) {
		ty := Type{types, id}
		_ = ty.String()
		ty.Size()
		ty.Signed()
		ty.Enumerators()
		ty.Member("x")
		n := 0
		for f := range ty.Members() {
			if _ = f.Type.Strip().Size(); n > 1000 {
				break
			}
			n++
		}
	}
	types.Find("node")
	types.EnumValue("colour", "RED")
}

func FuzzParse(f *testing.F) {
	f.Add(sample().bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 1<<16 {
			return
		}
		if types, err := Parse(b); err == nil {
			touch(types)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	s := newBuilder()
	for i := range 20000 {
		s.add("type_"+string(rune('a'+i%26))+string(rune('a'+i/26%26))+string(rune('a'+i/676%26)), Struct, false, 1, 8, 0, 1, 0)
	}
	data := s.bytes()
	for b.Loop() {
		types, err := Parse(data)
		if err != nil {
			b.Fatal(err)
		}
		types.Find("type_abc")
	}
}
