package kmem

// Live is the memory of the running kernel, read by a function: another way to
// it than /proc/kcore.
type Live struct {
	Format string
	// Read fills p from physical memory, as much as there is in one piece, and
	// returns how much that is.
	Read   func(p []byte, pa uint64) (int, error)
	Ranges []Range
	Info   []byte // text of VMCOREINFO, nil if unknown
	Close  func() error
}

// OpenLive makes an image of it.
func OpenLive(l Live, o Options) *Image {
	if o.MaxMemory <= 0 {
		o.MaxMemory = defaultMaxMemory
	}
	im := &Image{Format: l.Format, Machine: hostMachine(), Live: true, store: liveStore{l}, cache: newFrameCache(o.MaxMemory, o.Record)}
	if l.Info != nil {
		im.Info = parseVMCoreInfo(l.Info)
	}
	if l.Close != nil {
		im.close = append(im.close, l.Close)
	}
	return im
}

type liveStore struct{ l Live }

func (s liveStore) read(p []byte, pa uint64) (int, error) {
	for _, r := range s.l.Ranges {
		if r.Start <= pa && pa < r.End {
			return s.l.Read(p[:min(uint64(len(p)), r.End-pa)], pa)
		}
	}
	return 0, errNotInDump // registers of devices: never read those
}

func (s liveStore) ranges() []Range { return s.l.Ranges }
