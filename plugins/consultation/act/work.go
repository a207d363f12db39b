// Package act holds what people do in the consultation module: contributing,
// confirming, moderating, answering invitations, taking positions, and what
// follows from it. Each act does what twice does not harm, for whoever was not
// answered tries again.
package act

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"sync"
	"time"

	"github.com/recueil-cms/recueil/plugins/consultation/record"
	"github.com/recueil-cms/recueil/plugins/consultation/rules"
	"github.com/recueil-cms/recueil/plugins/sdk"
)

// Limits of what people write, in characters.
const (
	maxTitle   = 200
	maxBody    = 6000
	maxComment = 3000
	minBody    = 20
	maxTries   = 5 // of a code
	maxRetry   = 12
)

// Settings of the module.
type Settings struct {
	CodeHours       int `json:"code_hours"`
	AnswerDays      int `json:"answer_days"`
	RetentionMonths int `json:"retention_months"`
	ReplyDays       int `json:"reply_days"`
}

// Filled puts the usual values in the place of what is not set.
func (s Settings) Filled() Settings {
	for _, v := range []struct {
		at    *int
		usual int
	}{{&s.CodeHours, 48}, {&s.AnswerDays, 60}, {&s.RetentionMonths, 12}, {&s.ReplyDays, 90}} {
		if *v.at == 0 {
			*v.at = v.usual
		}
	}
	return s
}

// Work is the module at work on a site. Now and Rand are the world.
type Work struct {
	Now  func() time.Time
	Rand io.Reader

	mu       sync.Mutex
	settings Settings
	seal     rules.Seal
}

// Set takes settings over.
func (w *Work) Set(s Settings) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settings = s.Filled()
}

// Settings gives those in force.
func (w *Work) Settings() Settings {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settings.Filled()
}

// Today is the day, in UTC.
func (w *Work) Today() string { return rules.Day(w.Now()) }

// FaultError is something that whoever acts can mend, or has to know: Code is
// that of a text.
type FaultError struct{ Code string }

func (f *FaultError) Error() string { return "consultation: " + f.Code }

func fault(code string) error { return &FaultError{code} }

// FaultOf gives the code of a fault, or "".
func FaultOf(err error) string {
	var f *FaultError
	if errors.As(err, &f) {
		return f.Code
	}
	return ""
}

// sealKey is where the secret of the installation is kept.
const sealKey = "seal"

// Seal gives the secret of the installation; whichever node is first makes it.
func (w *Work) Seal(ctx context.Context, h *sdk.Host) (rules.Seal, error) {
	w.mu.Lock()
	seal := w.seal
	w.mu.Unlock()
	if seal != nil {
		return seal, nil
	}
	for range maxRetry {
		var kept []byte
		version, err := h.State().Get(ctx, sealKey, &kept)
		if err != nil {
			return nil, fmt.Errorf("read the seal: %w", err)
		}
		if version == sdk.Absent {
			made := make([]byte, 32)
			if _, err := io.ReadFull(w.Rand, made); err != nil {
				return nil, fmt.Errorf("make a seal: %w", err)
			}
			if err := h.State().Put(ctx, sealKey, made, version); err != nil && !sdk.IsStale(err) {
				return nil, fmt.Errorf("keep the seal: %w", err)
			}
			continue // what is kept counts
		}
		w.mu.Lock()
		w.seal = kept
		w.mu.Unlock()
		return kept, nil
	}
	return nil, errors.New("consultation: the seal changes all the time")
}

// Token opens the personal page of something: of a contribution, a comment, a
// mandate, a follower.
func (w *Work) Token(ctx context.Context, h *sdk.Host, kind, id string) (string, error) {
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return "", err
	}
	return seal.Mark("token", kind, id), nil
}

// Opens reports whether a token does.
func (w *Work) Opens(ctx context.Context, h *sdk.Host, token, kind, id string) (bool, error) {
	seal, err := w.Seal(ctx, h)
	if err != nil {
		return false, err
	}
	return record.IsID(id) && seal.Fits(token, "token", kind, id), nil
}

// random draws some bytes.
func (w *Work) random(n int) ([]byte, error) {
	raw := make([]byte, n)
	if _, err := io.ReadFull(w.Rand, raw); err != nil {
		return nil, fmt.Errorf("draw by lot: %w", err)
	}
	return raw, nil
}

// lot draws a number from 0 to 1.
func (w *Work) lot() (float64, error) {
	raw, err := w.random(6)
	if err != nil {
		return 0, err
	}
	n := uint64(0)
	for _, b := range raw {
		n = n<<8 | uint64(b)
	}
	return float64(n) / (1 << 48), nil
}

// address checks an e-mail address.
func address(text string) (string, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || len(text) > 254 || a.Address != text {
		return "", fault("email")
	}
	return rules.Address(a.Address), nil
}

// gone reports whether a letter has no reader any more.
func gone(err error) bool { return sdk.IsNotFound(err) }

// locale gives one of the languages of letters.
func locale(l string) string {
	if l == "ar" || l == "en" {
		return l
	}
	return "fr"
}

// retried does a change again when something else was first.
func retried(do func() error) error {
	var err error
	for range maxRetry {
		if err = do(); err == nil || !sdk.IsStale(err) {
			return err
		}
	}
	return err
}
