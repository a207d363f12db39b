package mail

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

//go:embed letter.html
var letterPage string

// render makes the MIME message: a text part and a simple HTML part that say
// the same.
func render(l Letter) (*gomail.Msg, error) {
	m := gomail.NewMsg(gomail.WithEncoding(gomail.EncodingQP), gomail.WithNoDefaultUserAgent())
	if err := m.From(l.From.String()); err != nil {
		return nil, fmt.Errorf("%w: sender: %w", ErrRefused, err)
	}
	if err := m.To(l.To.String()); err != nil {
		return nil, fmt.Errorf("%w: reader: %w", ErrRefused, err)
	}
	m.Subject(line(l.Subject))
	m.SetDateWithValue(l.Date)
	m.SetMessageIDWithValue(l.ID)
	m.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: nobody's holiday notice answers
	m.SetGenHeader("Content-Language", string(l.Locale))
	m.SetBodyString(gomail.TypeTextPlain, plain(l.Message))
	page, err := html(l.Message)
	if err != nil {
		return nil, err
	}
	m.AddAlternativeString(gomail.TypeTextHTML, page)
	for _, a := range l.Attachments {
		if err := m.AttachReader(line(a.Name), bytes.NewReader(a.Data), gomail.WithFileContentType(gomail.ContentType(line(a.MediaType)))); err != nil {
			return nil, fmt.Errorf("%w: attachment: %w", ErrRefused, err)
		}
	}
	return m, nil
}

// plain is the text part. Readers of mail decide its direction by themselves,
// paragraph by paragraph, so an address stands alone.
func plain(m Message) string {
	parts := append([]string{}, m.Lines...)
	if m.Button.URL != "" {
		parts = append(parts, m.Button.Label+"\n\n"+m.Button.URL)
	}
	if m.Note != "" {
		parts = append(parts, m.Note)
	}
	return strings.Join(parts, "\n\n") + "\n"
}

func html(m Message) (string, error) {
	page, err := template.New("letter").Parse(letterPage)
	if err != nil {
		return "", fmt.Errorf("read the template of letters: %w", err)
	}
	dir, side := "ltr", "left"
	if m.Locale.RightToLeft() {
		dir, side = "rtl", "right"
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		Message
		Dir, Side string
	}{m, dir, side})
	if err != nil {
		return "", fmt.Errorf("write a letter: %w", err)
	}
	return out.String(), nil
}
