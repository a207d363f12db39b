package manifest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
)

// minPeriod is the shortest period of a job.
const minPeriod = 5 * time.Minute

func (c *checker) surfaces() {
	c.pages()
	c.jobs()
	c.mail()
	c.console()
}

// twice finds ids that are there twice.
func (c *checker) twice(ids []string, steps ...any) {
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			c.fault("given_twice", problem.Args{"name": id}, append(slices.Clone(steps), i, "id")...)
		}
	}
}

func (c *checker) pages() {
	pages, blocks, shapes := []string{}, []string{}, []string{}
	for i, p := range c.m.Pages {
		if pages = append(pages, p.ID); slices.Contains(shapes, shape(p.Path)) {
			c.fault("given_twice", problem.Args{"name": p.Path}, "pages", i, "path")
		}
		shapes = append(shapes, shape(p.Path))
	}
	for _, b := range c.m.Blocks {
		blocks = append(blocks, b.ID)
	}
	c.twice(pages, "pages")
	c.twice(blocks, "blocks")
}

func (c *checker) jobs() {
	var ids []string
	for i := range c.m.Jobs {
		j := &c.m.Jobs[i]
		ids = append(ids, j.ID)
		every, from := j.Period()
		if j.Every != "" && every < minPeriod {
			c.fault("job_period_short", problem.Args{"limit": "5m"}, "jobs", i, "every")
		}
		if j.At != "" && (every < 24*time.Hour || every%(24*time.Hour) != 0 || from < 0) {
			c.fault("job_at_days", problem.Args{"at": j.At}, "jobs", i, "at")
		}
		c.access(j.Access, "jobs", i, "access")
	}
	c.twice(ids, "jobs")
}

// access checks who may use something.
func (c *checker) access(who string, steps ...any) {
	if verb, _, ok := strings.Cut(who, ":"); ok && !slices.Contains(access.Verbs[:], access.Verb(verb)) {
		c.fault("grant_verb_unknown", problem.Args{"verb": verb}, steps...)
	}
}

// mail: letters go to people of the site, or to addresses that the plugin's
// own entries hold.
func (c *checker) mail() {
	if c.m.Mail == nil {
		return
	}
	for i, to := range c.m.Mail.To {
		collection, field, ok := strings.Cut(to, ".")
		if ok && !c.isAddress(collection, field) {
			c.fault("mail_field", problem.Args{"field": to}, "mail", "to", i)
		}
	}
	var ids []string
	for i, t := range c.m.Mail.Templates {
		ids = append(ids, t.ID)
		for _, l := range []content.Locale{"fr", "ar", "en"} {
			if _, ok := t.Subject[l]; !ok {
				c.fault("mail_languages", problem.Args{"locale": string(l)}, "mail", "templates", i, "subject")
			}
			for n, line := range t.Lines {
				if _, ok := line[l]; !ok {
					c.fault("mail_languages", problem.Args{"locale": string(l)}, "mail", "templates", i, "lines", n)
				}
			}
		}
	}
	c.twice(ids, "mail", "templates")
}

// isAddress reports whether a field of a collection of the plugin's own holds
// an address.
func (c *checker) isAddress(collection, field string) bool {
	for i := range c.m.Collections {
		col := &c.m.Collections[i]
		if string(col.ID) != collection {
			continue
		}
		f := col.Field(content.FieldID(field))
		return f != nil && f.Kind == "email"
	}
	return false
}

func (c *checker) console() {
	var ids []string
	for list, places := range map[string][]Place{"screens": c.m.Console.Screens, "cards": c.m.Console.Cards, "panels": c.m.Console.Panels, "actions": c.m.Console.Actions} {
		for i, p := range places {
			if slices.Contains(ids, p.ID) {
				c.fault("given_twice", problem.Args{"name": p.ID}, "console", list, i, "id")
			}
			ids = append(ids, p.ID)
			if p.Frame != nil && !strings.Contains(p.Frame.File, "/") {
				c.fault("frame_folder", problem.Args{"file": p.Frame.File}, "console", list, i, "frame", "file")
			}
			c.access(p.Access, "console", list, i, "access")
		}
	}
}

// surfaceScopes are what an administrator agrees to of these.
func (m *Manifest) surfaceScopes() []Scope {
	var out []Scope
	for _, p := range m.Pages {
		out = append(out, Scope{ID: "page:" + p.Path, Code: "scope.page", Args: problem.Args{"path": "/" + m.Name + strings.TrimSuffix(p.Path, "/")}})
	}
	for _, b := range m.Blocks {
		out = append(out, Scope{ID: "block:" + b.ID, Code: "scope.block", Args: problem.Args{"block": saidTexts(b.Label)}})
		for _, on := range b.On {
			s := Scope{ID: "block:" + b.ID + ":" + on, Code: "scope.block_on", Args: problem.Args{"block": saidTexts(b.Label), "collection": on}}
			if on == "home" {
				s.Code = "scope.block_home"
			}
			out = append(out, s)
		}
	}
	for _, j := range m.Jobs {
		if j.Every != "" {
			out = append(out, Scope{ID: "job:" + j.ID + ":" + j.Every, Code: "scope.job", Args: problem.Args{"job": saidTexts(j.Label), "every": j.Every}, Elevated: true})
		}
	}
	if m.Mail != nil {
		for _, to := range m.Mail.To {
			s := Scope{ID: fmt.Sprintf("mail:%s:%d", to, m.Mail.Most()), Code: "scope.mail_field", Why: m.Mail.Why, Elevated: true,
				Args: problem.Args{"field": to, "n": m.Mail.Most()}}
			if to == "users" {
				s.Code = "scope.mail_users"
			}
			out = append(out, s)
		}
	}
	for _, h := range m.Hosts {
		out = append(out, Scope{ID: "host:" + h.Host, Code: "scope.host", Args: problem.Args{"host": h.Host}, Why: h.Why})
	}
	if m.Files != nil {
		out = append(out, Scope{ID: "files:read", Code: "scope.files", Why: m.Files.Why})
		if m.Files.Upload {
			out = append(out, Scope{ID: "files:upload", Code: "scope.files_upload", Why: m.Files.Why})
		}
	}
	for _, p := range m.Console.Places() {
		s := Scope{ID: "console:" + p.ID + ":" + p.Access, Code: "scope.console", Args: problem.Args{"label": saidTexts(p.Label)}}
		if p.Frame != nil {
			s.ID, s.Code = s.ID+":frame", "scope.console_frame"
		}
		out = append(out, s)
	}
	return out
}
