package report

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"gordian/internal/model"
)

// htmlBrowser starts a headless browser, or skips the test without one. In CI
// a missing browser is a failure: there, a skipped test would go unnoticed.
func htmlBrowser(t *testing.T) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			path = p
			break
		}
	}
	if path == "" {
		const msg = "no browser found: install the Debian package chromium"
		if os.Getenv("CI") == "true" {
			t.Fatal(msg)
		}
		t.Skip(msg)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()),
		chromedp.Headless, chromedp.NoSandbox, chromedp.DisableGPU, chromedp.NoFirstRun,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.WindowSize(1240, 900))
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// htmlWatch collects what a page must not do: say anything on the console,
// throw, or ask the network for anything but itself.
type htmlWatch struct {
	mu       sync.Mutex
	loads    int
	problems []string
}

func (w *htmlWatch) listen(t *testing.T, ctx context.Context) {
	t.Helper()
	err := chromedp.Listen(ctx, func(ev any) {
		w.mu.Lock()
		defer w.mu.Unlock()
		switch ev := ev.(type) {
		case *runtime.EventConsoleAPICalled:
			w.problems = append(w.problems, "console."+string(ev.Type))
		case *runtime.EventExceptionThrown:
			w.problems = append(w.problems, "exception: "+ev.ExceptionDetails.Text)
		case *log.EventEntryAdded:
			w.problems = append(w.problems, "log: "+ev.Entry.Text)
		case *network.EventRequestWillBeSent:
			if u := ev.Request.URL; strings.HasPrefix(u, "file:///") && strings.HasSuffix(u, "/page.html") {
				w.loads++
			} else {
				w.problems = append(w.problems, "request: "+u)
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

// check also asserts that the watch was awake: it must have seen the pages
// themselves being loaded.
func (w *htmlWatch) check(t *testing.T, loads int) {
	t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.loads != loads {
		t.Errorf("%d pages seen loading, want %d", w.loads, loads)
	}
	for _, p := range w.problems {
		t.Error("the page did something that it must not:", p)
	}
}

// htmlOpen writes a page to a file and returns the action that opens it.
func htmlOpen(t *testing.T, d *model.Document) chromedp.Action[chromedp.Void] {
	t.Helper()
	return htmlOpenPage(t, htmlRender(t, d))
}

func htmlOpenPage(t *testing.T, page []byte) chromedp.Action[chromedp.Void] {
	t.Helper()
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page, 0o600); err != nil {
		t.Fatal(err)
	}
	return chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())
}

// htmlShot takes a picture of the whole page, and keeps it where the
// environment says so.
func htmlShot(t *testing.T, name string) chromedp.Action[chromedp.Void] {
	return htmlKeep(t, name, chromedp.FullScreenshot(100))
}

func htmlKeep(t *testing.T, name string, shot chromedp.Action[[]byte]) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		png, err := shot(ctx, tab)
		if err != nil {
			return err
		}
		if len(png) < 5000 {
			t.Errorf("screenshot %s is empty (%d bytes)", name, len(png))
		}
		if dir := os.Getenv("GORDIAN_SCREENSHOTS"); dir != "" {
			return os.WriteFile(filepath.Join(dir, name+".png"), png, 0o600)
		}
		return nil
	})
}

// htmlExpect evaluates an expression in the page and compares its value.
func htmlExpect(t *testing.T, what, expr, want string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		got, err := chromedp.Evaluate[string]("String("+expr+")")(ctx, tab)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if got != want {
			t.Errorf("%s: got %s, want %s", what, got, want)
		}
		return nil
	})
}

func htmlEmulate(media string, scheme string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		p := emulation.SetEmulatedMediaParams{Media: media}
		if scheme != "" {
			p.Features = []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}
		}
		_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, p)
		return err
	})
}

func htmlScripts(off bool) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: off})
		return err
	})
}

const (
	htmlBackground = `getComputedStyle(document.body).backgroundColor`
	htmlLightPage  = "rgb(244, 246, 248)"
	htmlDarkPage   = "rgb(18, 21, 26)"
)

func TestHTMLInBrowser(t *testing.T) {
	ctx := htmlBrowser(t)
	var w htmlWatch
	w.listen(t, ctx)
	const secondOpen = `document.querySelectorAll(".finding > details")[1].open`
	const shown = `document.querySelectorAll(".finding:not([hidden])").length`
	const type1 = `(document.querySelector("#q").value = %q, document.querySelector("#q").dispatchEvent(new Event("input")))`
	pause := chromedp.Sleep(300 * time.Millisecond)
	err := chromedp.Do(ctx, htmlOpen(t, htmlAllSamples()),
		htmlEmulate("", "light"), htmlExpect(t, "light", htmlBackground, htmlLightPage), htmlShot(t, "light"),
		htmlEmulate("", "dark"), htmlExpect(t, "dark", htmlBackground, htmlDarkPage), htmlShot(t, "dark"),
		chromedp.Click(chromedp.CSS("#theme")), htmlExpect(t, "theme button", htmlBackground, htmlLightPage),
		// Folding with the keyboard alone: two steps down, then Enter.
		htmlExpect(t, "second finding at first", secondOpen, "false"),
		chromedp.KeyEvent("jj"), chromedp.KeyEvent("\r"),
		htmlExpect(t, "focus", `document.activeElement.tagName`, "SUMMARY"),
		htmlExpect(t, "second finding after Enter", secondOpen, "true"),
		chromedp.SendKeys(chromedp.CSS("#q"), "mmap_lock user"), pause,
		htmlExpect(t, "findings that match the filter", shown, "1"),
		htmlExpect(t, "filter cleared", fmt.Sprintf(type1, ""), "true"), pause,
		htmlExpect(t, "findings without a filter", shown, "7"),
		chromedp.Click(chromedp.CSS("#expand")), htmlShot(t, "expanded"),
		chromedp.Click(chromedp.CSS("#theme")), htmlExpect(t, "theme button again", htmlBackground, htmlDarkPage),
		htmlShot(t, "expanded-dark"),
	)
	if err != nil {
		t.Fatal(err)
	}
	w.check(t, 1)
}

func TestHTMLOnANarrowScreen(t *testing.T) {
	ctx := htmlBrowser(t)
	var w htmlWatch
	w.listen(t, ctx)
	err := chromedp.Do(ctx, chromedp.EmulateViewport(390, 800), htmlOpen(t, htmlAllSamples()),
		chromedp.Click(chromedp.CSS("#expand")),
		htmlExpect(t, "pixels too wide", `document.documentElement.scrollWidth - document.documentElement.clientWidth`, "0"),
		htmlShot(t, "narrow"))
	if err != nil {
		t.Fatal(err)
	}
	w.check(t, 1)
}

// On paper everything is unfolded, by the style sheet alone.
func TestHTMLOnPaper(t *testing.T) {
	ctx := htmlBrowser(t)
	const folded = `Array.from(document.querySelectorAll("details > :not(summary)")).filter((e) => e.getBoundingClientRect().height === 0).length`
	err := chromedp.Do(ctx, htmlScripts(true), htmlOpen(t, htmlAllSamples()), htmlScripts(false),
		htmlEmulate("print", "dark"),
		htmlExpect(t, "parts missing on paper", folded, "0"),
		htmlExpect(t, "colour of paper", htmlBackground, "rgb(255, 255, 255)"),
		htmlShot(t, "print"))
	if err != nil {
		t.Fatal(err)
	}
}

func TestHTMLHostileInBrowser(t *testing.T) {
	ctx := htmlBrowser(t)
	var w htmlWatch
	w.listen(t, ctx)
	docs := htmlHostileDocuments()
	for i, d := range docs {
		err := chromedp.Do(ctx, htmlOpen(t, d),
			chromedp.Click(chromedp.CSS("#expand")), chromedp.Sleep(100*time.Millisecond),
			htmlExpect(t, "hostile text executed", `typeof window.__pwned`, "undefined"),
			htmlExpect(t, "pixels too wide", `document.documentElement.scrollWidth - document.documentElement.clientWidth`, "0"),
			// Of the window only: some of these pages are higher than a picture can be.
			htmlKeep(t, fmt.Sprintf("hostile-%d", i), chromedp.CaptureScreenshot()))
		if err != nil {
			t.Fatal(err)
		}
	}
	w.check(t, len(docs))
}

// The second wall: were the escaping ever to fail, the page's own policy keeps
// what got in from running and from calling home. It also shows that the watch
// of these tests sees such an attempt.
func TestHTMLPolicyStopsInjection(t *testing.T) {
	ctx := htmlBrowser(t)
	var w htmlWatch
	w.listen(t, ctx)
	const evil = `<script>window.__pwned=1</script><img src="x.png" onerror="window.__pwned=1"></main>`
	page := bytes.Replace(htmlRender(t, htmlAllSamples()), []byte("</main>"), []byte(evil), 1)
	err := chromedp.Do(ctx, htmlOpenPage(t, page), chromedp.Sleep(200*time.Millisecond),
		htmlExpect(t, "injected script executed", `typeof window.__pwned`, "undefined"))
	if err != nil {
		t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.problems) < 2 {
		t.Errorf("the watch saw only %q", w.problems)
	}
}
