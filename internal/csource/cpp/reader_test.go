package cpp

import (
	"fmt"
	"strings"
	"testing"

	"gordian/internal/csource/cast"
)

func read(text string, c Config) string {
	var r Reader
	r.Reset(text, c)
	var out []string
	for _, t := range r.Fill(nil, 1000) {
		if t.Kind != EOF {
			out = append(out, spelled(t))
		}
	}
	return strings.Join(out, " ")
}

func TestTokens(t *testing.T) {
	tests := []struct{ text, want string }{
		{"a+++b--- -c", "a ++ + b -- - - c"},
		{"a<<=b>>=c<<d>>e<=f>=g", "a <<= b >>= c << d >> e <= f >= g"},
		{"a==b!=c&&d||e&f|g^~h", "a == b != c && d || e & f | g ^ ~ h"},
		{"a->b.c...d", "a -> b . c ... d"},
		{"x%=y/=z*=w&=v|=u^=t", "x %= y /= z *= w &= v |= u ^= t"},
		{"case 1...2:", "case 1 ... 2 :"},
		{"1.5e+3 0x1e+3 .5f 1..2", "1.5e+3 0x1e + 3 .5f 1..2"},
		{`"a\"b" 'c' '\'' L"d" u8"e" Lx`, `"a\"b" 'c' '\'' L"d" u8"e" Lx`},
		{"\"open\nb", "\"open b"},
		{"\"a\\\nb\" c", "\"a\\\nb\" c"},
		{"a /* b */ c // d \\\n e\nf", "a c f"},
		{"a\\\n+\\ \nb \\ c", "a + b  c"},
		{"a # b\n#pragma c\n# d\ne", "a # b e"},
		{"é $x \x01 y", "é $x  y"},
		{"#define x /* a\nb */ c\nd", "d"},
		{"#if 0 /* a\n#endif */\nb\n#endif\nc", "c"},
		{"#if 0\n\"\n'\n/* #endif\n#endif\n*/\n#endif\nc", "c"},
	}
	for _, tt := range tests {
		if got := read(tt.text, Config{}); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.text, got, tt.want)
		}
	}
}

func TestExpansion(t *testing.T) {
	// The examples of the C standard, as far as a macro without a lock or a
	// jump is expanded at all.
	tests := []struct{ define, text, want string }{
		{"#define f(a) g(a+x)\n#define x y->z", "f(2 * (f(3)))", "g ( 2 * ( g ( 3 + y -> z ) ) + y -> z )"},
		{"#define s(a) p(#a, a)", `s("x\n" y)`, `p ( "\"x\n\"y" , "x\n" y )`},
		{"#define c(a, b) a ## b", "c(x, y) c(, y) c(x, ) c(1, 2u)", "xy y x 12u"},
		{"#define e(a, ...) p(a, ##__VA_ARGS__)", "e(1) e(1, 2, 3)", "p ( 1 ) p ( 1 , 2 , 3 )"},
		{"#define n(a...) p(a)", "n() n(1, (2, 3))", "p ( ) p ( 1 , ( 2 , 3 ) )"},
		{"#define o p->q\n#define g(a) a->b", "g (o) g", "p -> q -> b g"},
		{"#define l(a) k\n#define k(a) j(a)", "l(1)(2)", "j ( 2 )"},
		{"#define u(a) a->b", "u(1, 2) u(", "u ( 1 , 2 ) u ("},
		{"#define m(a) a->b\n#undef m", "m(1)", "m ( 1 )"},
		{"#define m(a, \\\n b) a->b", "m(1,\n2)", "1 -> 2"},
	}
	for _, tt := range tests {
		if got := read(tt.define+"\n"+tt.text, Config{}); got != tt.want {
			t.Errorf("%s: %s: got %q, want %q", tt.define, tt.text, got, tt.want)
		}
	}
}

func TestConditions(t *testing.T) {
	tests := []struct {
		cond     string
		on, off  bool
		byChoice bool
	}{
		{"1", true, true, false},
		{"0 || (3 - 1 == 2 && 1 << 4 > 15)", true, true, false},
		{"!defined(__cplusplus) && defined __KERNEL__", true, true, false},
		{"CONFIG_A", true, false, true},
		{"!CONFIG_A", false, true, true},
		{"IS_REACHABLE(CONFIG_A)", true, false, true},
		{"defined(CONFIG_PREEMPT_RT)", false, true, true},
		{"CONFIG_HZ > 100", true, false, true},
		{"FOO == 3 ? BAR : BAZ", true, false, true},
		{"__has_attribute(x)", true, false, true},
		{"LINUX_VERSION_CODE < KERNEL_VERSION(4, 5, 6)", false, true, true},
		{"BITS_PER_LONG == 32", false, false, false},
		{"0x10 == 16 && 'a' == 97 && ~0 == -1 && 7 % 4 == 3 && 7 / 0", true, false, true},
		{"TRACE_DEBUG", false, false, false},
		{"", true, false, true},
		{") 1 (", true, false, true},
	}
	for _, tt := range tests {
		for arms, want := range []bool{tt.on, tt.off} {
			var r Reader
			r.Reset("#if "+tt.cond+"\ny\n#endif", Config{Arms: arms})
			got := r.Fill(nil, 10)[0].Kind == Ident
			if got != want || r.ByChoice != tt.byChoice {
				t.Errorf("#if %s: arms %d: %v, by choice %v", tt.cond, arms, got, r.ByChoice)
			}
		}
	}
}

// TestInterest says which macros other files are told about.
func TestInterest(t *testing.T) {
	tests := []struct {
		define string
		want   bool
	}{
		{"N 3", false},
		{"N (1 << 4)", false},
		{`S "text"`, false},
		{"M (A | B)", false},
		{"M(a) ((a) * 2)", false},
		{"E", false},
		{"L (&x->lock)", true},
		{"L dev->lock", true},
		{"L glob.lock", true},
		{"F other_function", true},
		{"F(a) other_function(a, 1)", true},
		{"F(a) MACRO(a)", false},
		{"L(a) LOCK(a)", true},
		{"R return", true},
		{"R(a) if (a) return", true},
		{"B {", true},
		{"P(a) a##_x", true},
		{"T(a) ((struct foo *)(a))", true},
		{"C(a) a(1)", true},
		{"O <", true},
		{"K *(1 << 10)", true},
		{"A x, 2", true},
	}
	for _, tt := range tests {
		var r Reader
		r.Reset("#define "+tt.define, Config{Relevant: func(s string) bool { return s == "LOCK" }})
		r.Fill(nil, 10)
		if got := len(r.Macros("x.h", func(cast.Pos) int { return 1 })) == 1; got != tt.want {
			t.Errorf("%s: %v", tt.define, got)
		}
	}
}

func TestGrowthIsBounded(t *testing.T) {
	var b strings.Builder
	for i := range 40 {
		fmt.Fprintf(&b, "#define a%d a%d->x a%d->y\n", i, i+1, i+1)
	}
	for range 1000 {
		b.WriteString("a0\n")
	}
	var r Reader
	r.Reset(b.String(), Config{})
	if n := len(r.Fill(nil, 1<<30)); n > 4<<20 {
		t.Errorf("%d tokens", n)
	}
}
