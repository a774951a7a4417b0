package evidence

import "os"

// progress adds up what is read of all inputs.
type progress struct {
	done, total, told int64
	report            func(done, total int64)
}

func newProgress(paths []string, report func(done, total int64)) *progress {
	p := &progress{report: report}
	for _, path := range paths {
		info, err := os.Stat(path)
		if path == "-" || err != nil || !info.Mode().IsRegular() {
			p.total = -1
			break
		}
		p.total += info.Size()
	}
	return p
}

func (p *progress) add(n int64) {
	if p.report == nil {
		return
	}
	p.done += n
	if p.done-p.told >= 1<<20 || p.done == p.total {
		p.told = p.done
		p.report(p.done, p.total)
	}
}
