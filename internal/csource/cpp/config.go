package cpp

import (
	"strconv"
	"strings"
)

// isConfig reports whether name is an option of the kernel configuration.
func isConfig(name string) bool { return strings.HasPrefix(name, "CONFIG_") }

// config evaluates an option of the kernel's configuration as the macro
// does: IS_ENABLED and so on, "defined", or "" for its plain value.
func (c *condition) config(name, as string) value {
	if c.r.cfg.Config == nil {
		c.byChoice = true
		return configByChoice(name, c.r.cfg.Arms == 0)
	}
	set := c.r.cfg.Config[name]
	switch as {
	case "IS_ENABLED", "IS_REACHABLE":
		return boolean(truthOf(set == "y" || set == "m"))
	case "IS_BUILTIN":
		return boolean(truthOf(set == "y"))
	case "IS_MODULE":
		return boolean(truthOf(set == "m"))
	}
	if base, ok := strings.CutSuffix(name, "_MODULE"); ok && set == "" && c.r.cfg.Config[base] == "m" {
		set = "y"
	}
	if set == "" || set == "n" || set == "m" {
		return boolean(no)
	}
	if as == "defined" || set == "y" {
		return boolean(yes)
	}
	if n, err := strconv.ParseInt(set, 0, 64); err == nil {
		return number(n)
	}
	return value{truth: yes}
}

// configByChoice is an option that counts as on or off as the arms want it.
// An option that is on has no known number: CONFIG_HZ > 100 stays open.
func configByChoice(name string, on bool) value {
	if against(name) {
		on = !on
	}
	if on {
		return value{truth: yes}
	}
	return boolean(no)
}

// against reports whether an option replaces the code that most kernels run
// rather than adding to it: it is on where the others are off.
func against(name string) bool {
	switch name {
	case "CONFIG_PREEMPT_RT", "CONFIG_CPU_BIG_ENDIAN", "CONFIG_UML", "CONFIG_BROKEN", "CONFIG_COMPILE_TEST",
		"CONFIG_SLOB", "CONFIG_TINY_RCU", "CONFIG_BASE_SMALL", "CONFIG_CC_OPTIMIZE_FOR_SIZE":
		return true
	}
	return false
}

// isDefined evaluates defined(t).
func (c *condition) isDefined(t Token) value {
	if isConfig(t.Text) {
		return c.config(t.Text, "defined")
	}
	if v, ok := fixed(t.Text, true); ok {
		return v
	}
	if t.Sym == 0 {
		return value{}
	}
	c.r.readSkipped()
	switch s := c.r.Symbol(t.Sym); {
	case s.state == undefed:
		return boolean(no)
	case s.macro != nil || c.r.macroOf(t.Sym) != nil:
		return boolean(yes)
	case debugging(t.Text):
		return boolean(no)
	}
	return c.unknown(t.Sym)
}

// name evaluates a name that is no call.
func (c *condition) name(t Token) value {
	if isConfig(t.Text) {
		return c.config(t.Text, "")
	}
	if t.Text == "LINUX_VERSION_CODE" {
		c.byChoice = true
		if c.r.cfg.Arms == 0 {
			return number(1 << 40)
		}
		return number(0)
	}
	if v, ok := fixed(t.Text, false); ok {
		return v
	}
	c.r.readSkipped()
	if m := c.r.Symbol(t.Sym).macro; m != nil && !m.funcLike {
		return c.body(m)
	}
	if debugging(t.Text) {
		return boolean(no)
	}
	return c.unknown(t.Sym)
}

// body evaluates what a macro of the file stands for.
func (c *condition) body(m *macro) value {
	sub := condition{r: c.r, depth: c.depth + 8}
	sub.lex(m.body)
	v := sub.ternary()
	c.byChoice = c.byChoice || sub.byChoice
	c.atoms = append(c.atoms, sub.atoms...)
	return v
}

// unknown is a name that only the choice of arms can give a value.
func (c *condition) unknown(sym int32) value {
	c.byChoice = true
	if yes, ok := c.r.assumed[sym]; ok {
		if !yes {
			return boolean(no)
		}
		return value{truth: truthOf(true)}
	}
	c.atoms = append(c.atoms, sym)
	return value{}
}

// debugging reports whether a name asks for code that only a developer at
// work turns on.
func debugging(name string) bool { return strings.Contains(name, "DEBUG") || name == "VERBOSE" }

// fixed is what does not change: the compiler and a 64-bit little-endian
// machine, which most kernels run on.
func fixed(name string, defined bool) (value, bool) {
	switch name {
	case "__KERNEL__", "MODULE", "__GNUC__", "__STDC__", "__OPTIMIZE__", "__x86_64__", "__LP64__", "__STDC_VERSION__":
		return value{truth: yes}, true
	case "__CHECKER__", "__cplusplus", "__ASSEMBLY__", "__ASSEMBLER__", "__clang__", "__INTEL_COMPILER", "_MSC_VER",
		"__i386__", "__BIG_ENDIAN_BITFIELD", "BUILD_VDSO", "BUILD_VDSO32", "BUILD_VDSO32_64", "__GENKSYMS__",
		"__SANITIZE_ADDRESS__", "__SANITIZE_THREAD__", "__DISABLE_EXPORTS", "__BOOT_COMPRESSED", "BOOT_COMPRESSED_MISC_H":
		return boolean(no), true
	case "BITS_PER_LONG", "__BITS_PER_LONG":
		return number(64), true
	case "__SIZEOF_LONG__", "__SIZEOF_POINTER__":
		return number(8), true
	case "__LITTLE_ENDIAN", "__BYTE_ORDER", "__BYTE_ORDER__", "__ORDER_LITTLE_ENDIAN__", "__LITTLE_ENDIAN_BITFIELD":
		return number(1234), true
	case "__BIG_ENDIAN", "__ORDER_BIG_ENDIAN__":
		if defined {
			return boolean(no), true
		}
		return number(4321), true
	}
	return value{}, false
}
