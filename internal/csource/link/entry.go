package link

import (
	"strings"

	"gordian/internal/csource/ir"
	"gordian/internal/csource/lockapi"
	"gordian/internal/model"
)

// entry is one way in which the kernel calls a function.
type entry struct {
	fn      *ir.Func
	ctx     model.Context
	irqsOff bool
	atomic  bool
	init    bool     // module initialisation or exit: nobody else runs
	holds   []string // classes that the caller holds
	how     string   // "hardirq handler, registered by request_irq()"
	file    string
	line    int32
	sure    model.Confidence
	kind    lockapi.Target
	guess   bool // nothing is known of the structure: callers that are known tell more
}

// handleKey names what a callback is registered with.
type handleKey struct {
	kind  lockapi.Target
	class string
}

func (p *Program) addEntry(e *entry, class string) {
	for _, o := range p.entry[e.fn] {
		if o.ctx == e.ctx && o.kind == e.kind && o.how == e.how {
			p.addHandle(o, class)
			return
		}
	}
	p.entry[e.fn] = append(p.entry[e.fn], e)
	p.addHandle(e, class)
}

func (p *Program) addHandle(e *entry, class string) {
	if class == "" || e.kind == "" {
		return
	}
	kind := e.kind
	if kind == lockapi.TargetDelayed {
		kind = lockapi.TargetWork
	}
	k := handleKey{kind, class}
	for _, o := range p.handle[k] {
		if o.fn == e.fn {
			return
		}
	}
	p.handle[k] = append(p.handle[k], e)
	p.handled[e.fn] = true
}

// addEntries finds every registration.
func (p *Program) addEntries() {
	var bodies ir.Unpacker
	for _, u := range p.units {
		for i := range u.Inits {
			p.initEntry(u, &u.Inits[i])
		}
		for i := range u.Regs {
			p.regEntry(u, &u.Regs[i])
		}
		for _, f := range u.Funcs {
			p.callEntries(f, &bodies)
		}
	}
}

// initEntry is a function in a table: .open = foo_open.
func (p *Program) initEntry(u *ir.Unit, in *ir.Init) {
	f := p.find(u, in.Fn)
	if f == nil {
		return
	}
	e := &entry{fn: f, ctx: model.Process, file: u.File, line: in.Line, sure: model.Medium}
	name := in.Struct
	if name == "" {
		return
	}
	e.how = "called through " + name + "." + in.Field
	e.guess = !p.tab.HasOps(name)
	class := ""
	if op := p.tab.Op(in.Struct, in.Field); op != nil {
		e.ctx, e.irqsOff, e.atomic, e.holds, e.sure = op.Context, op.IRQsOff, op.Atomic, op.Holds, model.High
		e.guess = false
		p.otherwise(u, in, op, e)
		if e.ctx != model.Process {
			e.how = string(e.ctx) + " callback " + name + "." + in.Field
		}
		e.kind, class = fieldTarget(in), in.Handle
	}
	p.addEntry(e, class)
}

// otherwise weakens an entry where only some callers are as the table says, or
// where the driver asks for another kind of caller.
func (p *Program) otherwise(u *ir.Unit, in *ir.Init, op *lockapi.Op, e *entry) {
	if op.Some {
		e.sure = model.Medium
	}
	switch {
	case in.Struct == "hrtimer":
		if p.marked(u, ir.SoftTimer+in.Handle) {
			e.ctx, e.irqsOff = model.Softirq, false
		}
	case !p.marked(u, op.Unless):
		if op.Unless != "" && p.marks[mark{beside(u), op.Unless}] {
			e.sure = lower(e.sure)
		}
	case strings.HasPrefix(op.Unless, "NETIF_F_"): // still in softirq
		e.holds = nil
	default:
		e.ctx, e.irqsOff, e.atomic, e.holds = model.Process, false, false, nil
	}
}

// fieldTarget is what a callback member makes its structure.
func fieldTarget(in *ir.Init) lockapi.Target {
	switch in.Struct {
	case "hrtimer":
		return lockapi.TargetHRTimer
	case "timer_list":
		return lockapi.TargetTimer
	case "work_struct":
		return lockapi.TargetWork
	case "tasklet_struct":
		return lockapi.TargetTasklet
	case "urb":
		return lockapi.TargetURB
	case "notifier_block":
		return lockapi.TargetNotifier
	}
	return ""
}

// regEntry is a registration at file scope: DECLARE_WORK(w, fn).
func (p *Program) regEntry(u *ir.Unit, r *ir.Reg) {
	f := p.find(u, r.Fn)
	if f == nil {
		return
	}
	e := &entry{fn: f, ctx: model.Process, file: u.File, line: r.Line, sure: model.High, how: "registered by " + r.Macro + "()"}
	typ, _, _ := p.tab.Defines(r.Macro)
	switch {
	case typ == model.Work:
		e.kind, e.how = lockapi.TargetWork, "work function, "+e.how
	case typ == model.Timer:
		e.kind, e.ctx, e.how = lockapi.TargetTimer, model.Softirq, "timer callback, "+e.how
	case strings.Contains(r.Macro, "TASKLET"):
		e.kind, e.ctx, e.how = lockapi.TargetTasklet, model.Softirq, "tasklet, "+e.how
	case strings.Contains(r.Macro, "initcall"), strings.HasPrefix(r.Macro, "module_init"), strings.HasPrefix(r.Macro, "module_exit"):
		e.init = true
	case strings.Contains(r.Macro, "ATTR"):
		e.kind, e.how = lockapi.TargetSysfs, "sysfs file, "+e.how
	default:
		return
	}
	p.addEntry(e, r.Handle)
}

// callEntries finds the registrations that a function makes by calls, and the
// work that it queues.
func (p *Program) callEntries(f *ir.Func, bodies *ir.Unpacker) {
	if !f.Registers {
		return
	}
	bodies.Unpack(f)
	defer func() {
		f.Unload()
		f.Paths = nil
		bodies.Reset()
	}()
	for b := range f.Blocks {
		for i := range f.Blocks[b].Instrs {
			in := &f.Blocks[b].Instrs[i]
			if in.Call == nil || in.Call.Name == "" {
				continue
			}
			api := p.tab.Call(in.Call.Name)
			if api == nil || p.Own(f, in.Call.Name) {
				continue
			}
			for j := range api.Effects {
				p.register(f, in, api, &api.Effects[j])
			}
		}
	}
}

func (p *Program) register(f *ir.Func, in *ir.Instr, api *lockapi.API, e *lockapi.Effect) {
	switch e.Kind {
	case lockapi.Wait:
		if e.Target == lockapi.TargetIRQ && strings.Contains(api.Name, "free_irq") {
			p.irqRegs[f] = append(p.irqRegs[f], irqReg{line: in.Line, free: true})
		}
	case lockapi.Queue:
		wq, work := argClass(f, in, e.Arg), argClass(f, in, e.Arg2)
		if wq != "" && work != "" {
			p.queued[wq] = append(p.queued[wq], work)
		}
	case lockapi.Register, lockapi.Setup:
		class := argClass(f, in, e.Arg)
		if e.Target == lockapi.TargetIRQ && strings.Contains(api.Name, "irq") { // not smp_call_function()
			p.irqRegs[f] = append(p.irqRegs[f], irqReg{line: in.Line})
		}
		if e.Target == lockapi.TargetNotifier {
			p.notifier(f, in, e)
			return
		}
		p.registered(f, in, e, e.Callback, e.Context, class, api.Name, "")
		if e.Threaded >= 0 {
			p.registered(f, in, e, e.Threaded, model.Process, class, api.Name, "threaded ")
		}
	}
}

func (p *Program) registered(f *ir.Func, in *ir.Instr, e *lockapi.Effect, arg int, ctx model.Context, class, api, pre string) {
	if arg < 0 || arg >= len(in.Call.Args) || in.Call.Args[arg].Kind != ir.FuncVal {
		return
	}
	g := p.find(f.Unit, in.Call.Args[arg].Text)
	if g == nil {
		return
	}
	if ctx == "" {
		ctx = model.Process
	}
	off := e.IRQsOff && pre == ""
	if e.Target == lockapi.TargetHRTimer && p.marked(f.Unit, ir.SoftTimer+class) {
		ctx, off = model.Softirq, false
	}
	p.addEntry(&entry{fn: g, ctx: ctx, irqsOff: off, holds: e.Holds, kind: e.Target, file: f.Unit.File, line: in.Line, sure: model.High,
		how: pre + describe(e.Target, ctx) + ", registered by " + api + "()"}, class)
}

func describe(t lockapi.Target, ctx model.Context) string {
	switch t {
	case lockapi.TargetIRQ:
		if ctx == model.Process {
			return "interrupt handler"
		}
		return "hardirq handler"
	case lockapi.TargetWork, lockapi.TargetDelayed:
		return "work function"
	case lockapi.TargetThread:
		return "kernel thread"
	case "":
		return string(ctx) + " callback"
	}
	return string(t) + " callback (" + string(ctx) + " context)"
}

// notifier ties the functions of a notifier block to the chain it is put on.
func (p *Program) notifier(f *ir.Func, in *ir.Instr, e *lockapi.Effect) {
	chain := argClass(f, in, e.Arg)
	nb := argClass(f, in, e.Arg2)
	if e.Arg2 < 0 || chain == "" {
		return
	}
	for _, u := range p.inDir[f.Unit.Dir] {
		for i := range u.Inits {
			it := &u.Inits[i]
			if it.Struct != "notifier_block" || it.Handle != nb {
				continue
			}
			if g := p.find(u, it.Fn); g != nil {
				p.addHandle(&entry{fn: g, kind: lockapi.TargetNotifier, ctx: e.Context, file: f.Unit.File, line: in.Line, sure: model.High,
					how: "notifier, registered by " + in.Call.Name + "()"}, chain)
			}
		}
	}
}

// argClass names what an argument (or the result) of a call is.
func argClass(f *ir.Func, in *ir.Instr, arg int) string {
	id := ir.PathID(0)
	switch {
	case arg == -2:
		id = in.Dst
	case arg >= 0 && arg < len(in.Call.Args):
		id = in.Call.Args[arg].Path
	}
	return pathClass(f, id)
}

// pathClass names an object for the match of registrations with waits: by
// class, or by name within the function's file.
func pathClass(f *ir.Func, id ir.PathID) string {
	if id == 0 {
		return ""
	}
	p := &f.Paths[id]
	if p.Class != "" {
		return p.Class
	}
	if p.Kind == ir.LocalPath || p.Kind == ir.ParamPath {
		return f.Unit.File + ":" + p.Name
	}
	return ""
}
