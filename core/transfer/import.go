package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/action/account"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/core/schema"
	"github.com/recueil-cms/recueil/storage/view"
)

// by is the author of what an import changes.
var by = content.Actor{Kind: content.ActorSystem, ID: "import"}

// ImportOptions say how an archive meets what is there.
type ImportOptions struct {
	// DryRun changes nothing and reports what would happen.
	DryRun bool
	// Update gives what exists with other content the content of the archive;
	// otherwise it is left as it is. The ids decide what exists.
	Update bool
	// Progress is told how many bytes are checked, then how many lines are
	// done; nil: nobody.
	Progress func(stage string, done, total int64)
}

// The stages that Progress is told of.
const (
	StageVerify = "verify"
	StageImport = "import"
)

// Tally says what became of the things of one kind.
type Tally struct {
	Created, Updated, Unchanged int
	Kept                        int // existed with other content and stayed as they were
	Refused                     int
}

// Report says what an import did, or would do.
type Report struct {
	Collections, Roles, Users, Assets, Entries Tally
	// Erased is the number of entries whose personal values were left out,
	// because they were erased on this site; entries that were purged here are
	// among the refused ones.
	Erased int
	// First are the first of the refusals.
	First []Refusal
}

// Refused is the number of things of any kind that could not be taken over.
func (r *Report) Refused() int {
	return r.Collections.Refused + r.Roles.Refused + r.Users.Refused + r.Assets.Refused + r.Entries.Refused
}

// Refusal says why one thing could not be taken over.
type Refusal struct {
	What string // "entry", "user" …
	ID   string
	Err  error // usually a *problem.Error
}

// maxRefusals bounds Report.First.
const maxRefusals = 100

// Import brings an archive into a site through actions. The whole archive is
// verified before anything changes. What is refused by a rule of the site is
// reported, and the rest goes on; an error ends the import, and running it
// again continues, since what is there already is not made twice.
func Import(ctx context.Context, s Site, a *Archive, o ImportOptions) (*Report, error) {
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	if !a.verified {
		if err := a.Verify(ctx, func(done, total int64) { o.Progress(StageVerify, done, total) }); err != nil {
			return nil, err
		}
	}
	im := &importer{site: s, archive: a, o: o, report: &Report{}}
	for _, m := range a.Manifest.Members {
		im.total += int64(m.Lines)
	}
	for _, step := range []func(context.Context) error{im.collections, im.roles, im.assets, im.users, im.entries} {
		if err := step(ctx); err != nil {
			return im.report, fmt.Errorf("import: %w", err)
		}
	}
	return im.report, nil
}

type importer struct {
	site    Site
	archive *Archive
	o       ImportOptions
	report  *Report
	done    int64
	total   int64
}

func (im *importer) step(n int) {
	im.done += int64(n)
	im.o.Progress(StageImport, im.done, im.total)
}

// refuse notes what could not be taken over. A fault of ours, or a bucket that
// does not answer, ends the import instead.
func (im *importer) refuse(t *Tally, what, id string, err error) error {
	switch problem.KindOf(err) {
	case problem.Internal, problem.Unavailable, problem.Unclear, problem.Limited:
		return err
	}
	t.Refused++
	if len(im.report.First) < maxRefusals {
		im.report.First = append(im.report.First, Refusal{what, clip(id), err})
	}
	return nil
}

// do carries out an action, unless nothing is to be changed.
func (im *importer) do(ctx context.Context, act action.Action) error {
	if im.o.DryRun {
		return nil
	}
	_, err := im.site.Runner.Do(ctx, by, act)
	return err
}

// count notes one thing that was dealt with.
func (t *Tally) count(exists, same, update bool) (change bool) {
	switch {
	case !exists:
		t.Created++
	case same:
		t.Unchanged++
	case update:
		t.Updated++
	default:
		t.Kept++
	}
	return !exists || !same && update
}

// collections takes over definitions. Relations between new collections may
// lead in circles, so those are made first without their relations.
func (im *importer) collections(ctx context.Context) error {
	var again []schema.Collection
	err := im.archive.lines(ctx, collectionsName, func(_ int, line []byte) error {
		defer im.step(1)
		c, err := schema.ParseCollection(line)
		if err != nil {
			return im.refuse(&im.report.Collections, "collection", "", err)
		}
		old, err := im.present(ctx, c)
		if err != nil {
			return err
		}
		same := old != nil && sameDefinition(old, c)
		if !im.report.Collections.count(old != nil, same, im.o.Update && old != nil && old.ID == c.ID) {
			return nil
		}
		err = im.do(ctx, action.DefineCollection{Definition: *c})
		if err == nil || problem.KindOf(err) != problem.Invalid {
			return im.undoCount(old != nil, err, c.Name)
		}
		if bare := withoutRelations(*c); im.do(ctx, action.DefineCollection{Definition: bare}) == nil {
			again = append(again, *c)
			return nil
		}
		return im.undoCount(old != nil, err, c.Name)
	})
	if err != nil {
		return err
	}
	for _, c := range again {
		if err := im.do(ctx, action.DefineCollection{Definition: c}); err != nil {
			if err := im.refuse(&im.report.Collections, "collection", c.Name, err); err != nil {
				return err
			}
		}
	}
	return nil
}

// undoCount turns what was counted as made into a refusal when err says so.
func (im *importer) undoCount(existed bool, err error, name string) error {
	if err == nil {
		return nil
	}
	t := &im.report.Collections
	if existed {
		t.Updated--
	} else {
		t.Created--
	}
	return im.refuse(t, "collection", name, err)
}

// present gives the collection of the site that has the id or else the name.
func (im *importer) present(ctx context.Context, c *schema.Collection) (old *schema.Collection, err error) {
	err = im.site.View.Read(ctx, func(tx *view.Tx) error {
		if old = tx.Collection(string(c.ID)); old == nil {
			old = tx.Collection(c.Name)
		}
		return nil
	})
	return old, err
}

func sameDefinition(a, b *schema.Collection) bool {
	x, y := *a, *b
	x.Revision, y.Revision = 0, 0
	return sameJSON(x, y)
}

func sameJSON(a, b any) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && string(x) == string(y)
}

func withoutRelations(c schema.Collection) schema.Collection {
	var fields []schema.Field
	for _, f := range c.Fields {
		switch f.Kind {
		case "relation", "terms", "group", "list", "blocks":
			continue
		}
		fields = append(fields, f)
	}
	c.Fields = fields
	return c
}

func (im *importer) roles(ctx context.Context) error {
	return im.archive.lines(ctx, rolesName, func(_ int, line []byte) error {
		defer im.step(1)
		var r access.Role
		if err := decode(line, &r); err != nil {
			return err
		}
		var old access.Role
		exists, err := im.noun(ctx, content.NounRole, string(r.ID), &old)
		if err != nil {
			return err
		}
		builtin, revision := old.Builtin, old.Revision
		next := r
		next.Builtin, next.Revision = builtin, revision
		if !im.report.Roles.count(exists, exists && sameJSON(old, next), im.o.Update) {
			return nil
		}
		if err := im.do(ctx, account.SaveRole{Role: r}); err != nil {
			im.report.Roles.back(exists)
			return im.refuse(&im.report.Roles, "role", string(r.ID), err)
		}
		return nil
	})
}

// back takes back what count counted for something that is then refused.
func (t *Tally) back(existed bool) {
	if existed {
		t.Updated--
	} else {
		t.Created--
	}
}

// noun reads a noun's body, if there is one.
func (im *importer) noun(ctx context.Context, kind content.NounKind, id string, into any) (bool, error) {
	found := false
	err := im.site.View.Read(ctx, func(tx *view.Tx) error {
		n, err := tx.Noun(kind, id)
		if errors.Is(err, view.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		found = true
		return json.Unmarshal(n.Body, into)
	})
	return found, err
}

// assets brings in the bytes first, then what is said of them.
func (im *importer) assets(ctx context.Context) error {
	return im.archive.lines(ctx, assetsName, func(_ int, line []byte) error {
		defer im.step(1)
		var a, old content.Asset
		if err := decode(line, &a); err != nil {
			return err
		}
		exists, err := im.noun(ctx, content.NounAsset, string(a.ID), &old)
		if err != nil {
			return err
		}
		next := a
		next.Revision, next.Text, old.Text = old.Revision, nil, nil
		if !im.report.Assets.count(exists, exists && sameJSON(old, next), im.o.Update) || im.o.DryRun {
			return nil
		}
		if err := im.blob(ctx, a.Blob); err != nil {
			return err
		}
		if err := im.do(ctx, action.ImportNouns{Assets: []content.Asset{a}, Replace: im.o.Update}); err != nil {
			im.report.Assets.back(exists)
			return im.refuse(&im.report.Assets, "asset", string(a.ID), err)
		}
		return nil
	})
}

func (im *importer) blob(ctx context.Context, ref string) error {
	r, err := im.archive.blob(strings.TrimPrefix(ref, "sha256:"))
	if err != nil {
		return err
	}
	defer r.Close()
	got, err := im.site.Blobs.Put(ctx, r, MaxBlob)
	if err != nil {
		return fmt.Errorf("store blob %s: %w", clip(ref), err)
	}
	if string(got) != ref {
		return fmt.Errorf("%w: blob %s has the checksum %s", ErrDamaged, clip(ref), got)
	}
	return nil
}

func (im *importer) users(ctx context.Context) error {
	return im.archive.lines(ctx, usersName, func(_ int, line []byte) error {
		defer im.step(1)
		var l userLine
		if err := decode(line, &l); err != nil {
			return err
		}
		u := l.User
		u.UserPersonal = content.UserPersonal{Name: l.Name, Email: l.Email, PasswordHash: l.PasswordHash}
		var old content.User
		exists, err := im.noun(ctx, content.NounUser, string(u.ID), &old)
		if err != nil {
			return err
		}
		before := im.site.View.ChangedNouns(content.NounUser)
		err = im.do(ctx, action.ImportNouns{Users: []content.User{u}, Replace: im.o.Update})
		if err != nil {
			return im.refuse(&im.report.Users, "user", string(u.ID), err)
		}
		changed := im.site.View.ChangedNouns(content.NounUser) != before
		im.report.Users.count(exists, exists && !changed, im.o.Update)
		return nil
	})
}
