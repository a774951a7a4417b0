package check

import (
	"strings"
	"testing"

	"gordian/internal/model"
	"gordian/internal/srcfact"
)

// use makes a use of a lock on the line of a mark.
func use(t *testing.T, fn, mark string, l srcfact.Lock, ctx model.Context, enabled bool, sure model.Confidence) srcfact.Use {
	t.Helper()
	path := []srcfact.Step{stepAt(srcfact.StepEntry, fn, "drivers/x.c", 1, "runs in "+string(ctx)+" context"),
		stepAt(srcfact.StepAcquire, fn, "drivers/x.c", lineOf(t, irqSrc, mark), l)}
	return srcfact.Use{Lock: l, Context: ctx, Enabled: enabled, Path: path, Sure: sure, Reasons: []string{"registered with request_irq()"}}
}

func TestIRQUses(t *testing.T) {
	l, rw := spinLock("spin_lock"), lk("dev.rw", model.RWLock, "read_lock")
	rw.Mode = model.RecursiveRead
	other := lk("tx.lock", model.Spinlock, "spin_lock")
	tests := []struct {
		name   string
		uses   []srcfact.Use
		orders []srcfact.Order
		want   string
	}{
		{"hardirq", []srcfact.Use{use(t, "tx", "1", l, model.Hardirq, true, model.High), use(t, "handler", "2", l, model.Hardirq, false, model.High)}, nil, "tx high"},
		{"the less sure of two counts", []srcfact.Use{use(t, "tx", "1", l, model.Hardirq, true, model.High), use(t, "handler", "2", l, model.Hardirq, false, model.Low)}, nil, "tx low"},
		{"each function that has to change", []srcfact.Use{use(t, "tx", "1", l, model.Softirq, true, model.High), use(t, "rx", "1", l, model.Softirq, true, model.Medium),
			use(t, "poll", "2", l, model.Softirq, false, model.High)}, nil, "tx high, rx medium"},
		{"another interrupt", []srcfact.Use{use(t, "tx", "1", l, model.Softirq, true, model.High), use(t, "handler", "2", l, model.Hardirq, false, model.High)}, nil, ""},
		{"readers only", []srcfact.Use{use(t, "tx", "1", rw, model.Hardirq, true, model.High), use(t, "handler", "2", rw, model.Hardirq, false, model.High)}, nil, ""},
		{"through the graph", []srcfact.Use{use(t, "tx", "1", other, model.Hardirq, true, model.High), use(t, "handler", "2", l, model.Hardirq, false, model.High)},
			[]srcfact.Order{order("mid", "drivers/x.c", 6, l, other, srcfact.RelSame)}, "tx medium"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fs := Source(t.Context(), nil, &srcfact.Facts{Uses: tt.uses, Orders: tt.orders}, nil)
			var got []string
			for i := range fs {
				if fs[i].Rule != "irq-unsafe-lock" {
					t.Errorf("rule %s", fs[i].Rule)
				}
				got = append(got, fs[i].Function+" "+string(fs[i].Confidence))
				wholeFinding(t, &fs[i])
			}
			if s := strings.Join(got, ", "); s != tt.want {
				t.Errorf("got %q, want %q", s, tt.want)
			}
		})
	}
}

func TestIRQDiff(t *testing.T) {
	l := spinLock("spin_lock")
	text := srcText{"drivers/x.c": irqSrc}
	tests := []struct {
		ctx  model.Context
		want []string
	}{
		{model.Hardirq, []string{"+\tunsigned long flags;", "+\tspin_lock_irqsave(&d->lock, flags); /*1*/", "+\t\tspin_unlock_irqrestore(&d->lock, flags);", "+\tspin_unlock_irqrestore(&d->lock, flags);", " \tint n;"}},
		{model.Softirq, []string{"+\tspin_lock_bh(&d->lock); /*1*/", "+\t\tspin_unlock_bh(&d->lock);", "+\tspin_unlock_bh(&d->lock);"}},
	}
	for _, tt := range tests {
		s := &srcfact.Facts{Uses: []srcfact.Use{use(t, "tx", "1", l, tt.ctx, true, model.High), use(t, "handler", "2", l, tt.ctx, false, model.High)}}
		fs := Source(t.Context(), nil, s, text)
		if len(fs) != 1 {
			t.Fatalf("%d findings", len(fs))
		}
		checkDiff(t, &fs[0], text, tt.want)
		for _, e := range fs[0].Fix[0].Edits {
			if e.Line > 14 {
				t.Errorf("the handler is changed: %+v", e)
			}
		}
	}
}
