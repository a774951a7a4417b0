package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"gordian/internal/host/files"
	"gordian/internal/model"
	"gordian/internal/report"
)

// watch looks again and again and shows the newest look in the terminal.
func (h *hostCommand) watch(ctx context.Context, f files.Files) error {
	if !h.OutTTY || !h.InTTY {
		return errors.New("--watch needs a terminal: without it, run gordian host from time to time")
	}
	w := &watchView{look: func() (*model.Document, error) { return h.look(ctx, f) }, text: h.out.renderer, color: h.out.useColor(), every: h.interval}
	p := tea.NewProgram(w, tea.WithContext(ctx), tea.WithInput(h.In), tea.WithOutput(h.Out))
	_, err := p.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return fmt.Errorf("watch: %w", err)
	}
	return w.err
}

// watchView is the state of the screen: the newest look, as lines, and the
// part of it that shows.
type watchView struct {
	look  func() (*model.Document, error)
	text  report.Renderer
	color bool
	every time.Duration

	width, height int
	lines         []string
	doc           *model.Document
	top           int // first line that shows
	paused        bool
	looks         int
	err           error
}

type (
	lookedMsg struct {
		doc *model.Document
		err error
	}
	againMsg struct{}
)

// Init implements tea.Model.
func (w *watchView) Init() tea.Cmd { return w.lookNow }

func (w *watchView) lookNow() tea.Msg {
	doc, err := w.look()
	return lookedMsg{doc, err}
}

func (w *watchView) lookLater() tea.Cmd {
	return tea.Tick(w.every, func(time.Time) tea.Msg { return againMsg{} })
}

// Update implements tea.Model.
func (w *watchView) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		w.width, w.height = msg.Width, msg.Height
		w.render()
	case lookedMsg:
		if msg.err != nil {
			w.err = msg.err
			return w, tea.Quit
		}
		w.looks++
		w.doc = msg.doc
		w.render()
		return w, w.lookLater()
	case againMsg:
		if w.paused {
			return w, w.lookLater()
		}
		return w, w.lookNow
	case tea.KeyPressMsg:
		return w, w.key(msg.String())
	}
	return w, nil
}

func (w *watchView) key(k string) tea.Cmd {
	page := max(w.height-2, 1)
	switch k {
	case "q", "ctrl+c", "esc":
		return tea.Quit
	case "p", "space":
		w.paused = !w.paused
	case "j", "down":
		w.top++
	case "k", "up":
		w.top--
	case "f", "pgdown":
		w.top += page
	case "b", "pgup":
		w.top -= page
	case "g", "home":
		w.top = 0
	case "G", "end":
		w.top = len(w.lines)
	}
	w.keepInside()
	return nil
}

func (w *watchView) keepInside() { w.top = max(min(w.top, len(w.lines)-max(w.height-1, 1)), 0) }

// render turns the newest look into lines of the screen's width.
func (w *watchView) render() {
	if w.doc == nil || w.width == 0 {
		return
	}
	var b bytes.Buffer
	if err := w.text.Render(&b, w.doc, report.Options{Width: w.width, Color: w.color}); err != nil {
		w.err = err
		return
	}
	w.lines = strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
	w.keepInside()
}

// View implements tea.Model.
func (w *watchView) View() tea.View {
	v := tea.View{AltScreen: true}
	if w.doc == nil {
		v.Content = "Looking at the host …"
		return v
	}
	show := w.lines[w.top:min(w.top+max(w.height-1, 1), len(w.lines))]
	v.Content = strings.Join(show, "\n") + strings.Repeat("\n", max(w.height-len(show), 1)) + w.status()
	return v
}

func (w *watchView) status() string {
	state := fmt.Sprintf("look %d, every %v", w.looks, w.every)
	if w.paused {
		state = "paused"
	}
	s := state + " · q quit · space pause · ↑ ↓ PgUp PgDn scroll"
	if more := len(w.lines) - w.top - (w.height - 1); more > 0 {
		s += fmt.Sprintf(" · %d more lines", more)
	}
	return s
}
