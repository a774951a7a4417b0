package layout

import "math"

// Point is a point of the plane, y downwards.
type Point struct{ X, Y float64 }

func (p Point) add(dx, dy float64) Point { return Point{p.X + dx, p.Y + dy} }

// Rect is an axis-parallel rectangle.
type Rect struct{ X, Y, W, H float64 }

// Center returns the middle of r.
func (r Rect) Center() Point { return Point{r.X + r.W/2, r.Y + r.H/2} }

// Overlaps reports whether two rectangles come closer than gap.
func (r Rect) Overlaps(o Rect, gap float64) bool {
	return r.X < o.X+o.W+gap && o.X < r.X+r.W+gap && r.Y < o.Y+o.H+gap && o.Y < r.Y+r.H+gap
}

func (r Rect) contains(p Point, gap float64) bool {
	return p.X > r.X-gap && p.X < r.X+r.W+gap && p.Y > r.Y-gap && p.Y < r.Y+r.H+gap
}

func (r Rect) union(o Rect) Rect {
	x, y := min(r.X, o.X), min(r.Y, o.Y)
	return Rect{x, y, max(r.X+r.W, o.X+o.W) - x, max(r.Y+r.H, o.Y+o.H) - y}
}

func centered(c Point, w, h float64) Rect { return Rect{c.X - w/2, c.Y - h/2, w, h} }

// Inside reports whether p lies within the outline of b.
func (b Box) Inside(p Point) bool {
	c := b.Center()
	dx, dy := math.Abs(p.X-c.X), math.Abs(p.Y-c.Y)
	hw, hh := b.W/2, b.H/2
	if dx > hw || dy > hh {
		return false
	}
	if b.Shape == Hexagon {
		// The slanted side runs from (hw-hexPoint, hh) to (hw, 0).
		return dx <= hw-hexPoint*dy/hh
	}
	if ex, ey := dx-(hw-corner), dy-(hh-corner); ex > 0 && ey > 0 {
		return ex*ex+ey*ey <= corner*corner
	}
	return true
}

// Outline returns the corners of a Hexagon, clockwise from its left point.
func (b Box) Outline() []Point {
	l, r, t, m := b.X, b.X+b.W, b.Y, b.Y+b.H/2
	bot := b.Y + b.H
	return []Point{{l, m}, {l + hexPoint, t}, {r - hexPoint, t}, {r, m}, {r - hexPoint, bot}, {l + hexPoint, bot}}
}

// Curve is a cubic Bézier curve.
type Curve [4]Point

// At returns the point at t, from 0 to 1.
func (c Curve) At(t float64) Point {
	u := 1 - t
	a, b, d, e := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
	return Point{
		a*c[0].X + b*c[1].X + d*c[2].X + e*c[3].X,
		a*c[0].Y + b*c[1].Y + d*c[2].Y + e*c[3].Y,
	}
}

// tangent returns the unit direction at t.
func (c Curve) tangent(t float64) Point {
	const h = 1e-3
	a, b := c.At(max(t-h, 0)), c.At(min(t+h, 1))
	l := math.Hypot(b.X-a.X, b.Y-a.Y)
	if l == 0 {
		return Point{1, 0}
	}
	return Point{(b.X - a.X) / l, (b.Y - a.Y) / l}
}

// cut returns the part of c between t0 and t1 (de Casteljau, by blossoming).
func (c Curve) cut(t0, t1 float64) Curve {
	blossom := func(r, s, t float64) Point {
		mix := func(a, b Point, t float64) Point {
			return Point{a.X + (b.X-a.X)*t, a.Y + (b.Y-a.Y)*t}
		}
		a, b, d := mix(c[0], c[1], r), mix(c[1], c[2], r), mix(c[2], c[3], r)
		return mix(mix(a, b, s), mix(b, d, s), t)
	}
	return Curve{blossom(t0, t0, t0), blossom(t0, t0, t1), blossom(t0, t1, t1), blossom(t1, t1, t1)}
}

func (c Curve) length() float64 {
	sum, last := 0.0, c[0]
	for i := 1; i <= 24; i++ {
		p := c.At(float64(i) / 24)
		sum += math.Hypot(p.X-last.X, p.Y-last.Y)
		last = p
	}
	return sum
}

// line is a straight Curve.
func line(a, b Point) Curve {
	dx, dy := (b.X-a.X)/3, (b.Y-a.Y)/3
	return Curve{a, a.add(dx, dy), a.add(2*dx, 2*dy), b}
}

// clip cuts a curve that starts inside from and ends inside to where it
// crosses their borders. ok is false when nothing is left between them.
func clip(c Curve, from, to Box) (_ Curve, ok bool) {
	const steps = 400
	out, in := -1, -1
	for i := 0; i <= steps && out < 0; i++ {
		if !from.Inside(c.At(float64(i) / steps)) {
			out = i
		}
	}
	for i := steps; i >= 0 && in < 0; i-- {
		if !to.Inside(c.At(float64(i) / steps)) {
			in = i
		}
	}
	if out < 1 || in < 0 || in == steps || in <= out {
		return c, false
	}
	t0 := bisect(func(t float64) bool { return from.Inside(c.At(t)) }, float64(out-1)/steps, float64(out)/steps)
	t1 := bisect(func(t float64) bool { return to.Inside(c.At(t)) }, float64(in+1)/steps, float64(in)/steps)
	return c.cut(t0, t1), true
}

// bisect returns where inside changes between in (true) and out (false).
func bisect(inside func(float64) bool, in, out float64) float64 {
	for range 40 {
		mid := (in + out) / 2
		if inside(mid) {
			in = mid
		} else {
			out = mid
		}
	}
	return (in + out) / 2
}

// head returns the triangle at the end of c.
func head(c Curve) [3]Point {
	const l, w = 9.0, 4.2
	d := c.tangent(1)
	tip := c[3]
	back := tip.add(-d.X*l, -d.Y*l)
	return [3]Point{tip, back.add(-d.Y*w, d.X*w), back.add(d.Y*w, -d.X*w)}
}

// Bounds returns the smallest rectangle around all that is drawn.
func Bounds(d Drawing) Rect {
	var r Rect
	first := true
	grow := func(o Rect) {
		if first {
			r, first = o, false
			return
		}
		r = r.union(o)
	}
	for _, b := range d.Boxes {
		grow(b.Rect)
	}
	for _, a := range d.Arrows {
		for _, c := range a.Path {
			for i := 0; i <= 24; i++ {
				p := c.At(float64(i) / 24)
				grow(Rect{p.X - 2, p.Y - 2, 4, 4})
			}
		}
		if len(a.Text) > 0 {
			grow(a.Label)
		}
	}
	return r
}
