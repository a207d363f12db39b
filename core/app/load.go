package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/app/demo"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/problem"
	"github.com/recueil-cms/recueil/storage/view"
)

// errNotEmpty says that the demonstration was asked for on a site that has
// entries or users.
var errNotEmpty = errors.New("the site has content")

// demoAccounts are the people of the demonstration, by the role that they
// have.
var demoAccounts = []struct {
	role        content.RoleID
	name        string
	association string // key of the profile that they act for
}{
	{access.Administrator, "Nadia Benhamou", ""},
	{access.Editor, "Karim Aït Saïdi", ""},
	{access.Author, "Lynda Ouramdane", ""},
	{access.Reviewer, "Souad Merabti", ""},
	{access.Member, "Fatiha Gherras", "associations/femmes-djurdjura"},
}

// demoAccount is someone who can sign in to the demonstration.
type demoAccount struct {
	Role, Email, Password string
}

// loadDemo fills an empty site through actions. password is everybody's; empty
// draws one for each. done is told how many entries there are; it may be nil.
func loadDemo(ctx context.Context, n *node, password string, random io.Reader, done func(done, total int64)) ([]demoAccount, error) {
	if empty, err := n.empty(ctx); err != nil {
		return nil, err
	} else if !empty {
		return nil, errNotEmpty
	}
	entries, err := demo.Entries()
	if err != nil {
		return nil, err
	}
	if err := n.demoFiles(ctx); err != nil {
		return nil, err
	}
	if err := n.importDemo(ctx, entries, done); err != nil {
		return nil, err
	}
	if err := n.demoModules(ctx); err != nil {
		return nil, err
	}
	accounts, ids, err := n.demoUsers(ctx, password, random)
	if err != nil {
		return nil, err
	}
	return accounts, n.demoWork(ctx, ids)
}

// empty reports whether a site has neither entries nor users.
func (n *node) empty(ctx context.Context) (bool, error) {
	empty, err := n.noUsers(ctx)
	if err != nil || !empty {
		return false, err
	}
	err = n.view.Read(ctx, func(tx *view.Tx) error {
		for _, c := range tx.Collections() {
			counts, err := tx.Counts(c.ID)
			if err != nil {
				return err
			}
			empty = empty && len(counts) == 0
		}
		return nil
	})
	return empty, err
}

// demoFiles brings the documents in that the entries refer to.
func (n *node) demoFiles(ctx context.Context) error {
	files, err := demo.Files()
	if err != nil {
		return err
	}
	var act action.ImportNouns
	for _, f := range files {
		ref, err := n.blobs.Put(ctx, bytes.NewReader(f.Data), int64(len(f.Data)))
		if err != nil {
			return fmt.Errorf("load the demonstration: %w", err)
		}
		act.Assets = append(act.Assets, content.Asset{ID: f.ID, Name: f.Name, MediaType: "application/pdf", Size: int64(len(f.Data)),
			Blob: string(ref), Decorative: true, CreatedAt: n.parts.Now().UTC(), CreatedBy: system("demo")})
	}
	if _, err := n.runner.Do(ctx, system("demo"), act); err != nil {
		return fmt.Errorf("load the demonstration: %w", err)
	}
	return nil
}

// importDemo brings the entries in, as many at once as an import takes.
func (n *node) importDemo(ctx context.Context, entries []demo.Entry, done func(done, total int64)) error {
	for at := 0; at < len(entries); at += action.MaxImport {
		batch := entries[at:min(at+action.MaxImport, len(entries))]
		act := action.ImportEntries{Loose: len(entries) > action.MaxImport}
		for i := range batch {
			act.Entries = append(act.Entries, imported(&batch[i]))
		}
		if _, err := n.runner.Do(ctx, system("demo"), act); err != nil {
			return fmt.Errorf("load the demonstration: %w", err)
		}
		if done != nil {
			done(int64(at+len(batch)), int64(len(entries)))
		}
	}
	return nil
}

// demoModules are the programme modules that the demonstration has installed,
// with what their collections hold.
var demoModules = []string{"consultation", "training"}

// demoModules installs them, and agrees to what they ask for. Where nothing could
// run them, as inside of tests, they are left out.
func (n *node) demoModules(ctx context.Context) error {
	if n.parts.Program == "" {
		return nil
	}
	for _, name := range demoModules {
		p, err := n.installer().InstallBundled(ctx, system("demo"), name)
		if err != nil {
			return fmt.Errorf("install %s for the demonstration: %w", name, err)
		}
		if _, err := n.installer().Approve(ctx, system("demo"), name, p.Plugin.Pending.Version); err != nil {
			return fmt.Errorf("install %s for the demonstration: %w", name, err)
		}
		entries, err := demo.Module(name, n.parts.Now())
		if err != nil {
			return err
		}
		if err := n.importPatiently(ctx, entries); err != nil {
			return err
		}
	}
	return nil
}

// patience is how often what a module does not look at in time is brought in
// again: on a busy machine it has only just begun to run.
const patience = 10

// importPatiently brings the entries of a module in. A module that does not
// answer in time has let nothing through, so trying again is harmless.
func (n *node) importPatiently(ctx context.Context, entries []demo.Entry) error {
	err := n.importDemo(ctx, entries, nil)
	for i := 1; i < patience && problem.KindOf(err) == problem.Unavailable && ctx.Err() == nil; i++ {
		err = n.importDemo(ctx, entries, nil)
	}
	return err
}

// imported makes the published entry that an import takes.
func imported(e *demo.Entry) action.Imported {
	in := action.Imported{ID: e.ID, Collection: e.Collection, Parent: e.Parent, Sides: map[content.Locale]action.ImportedSide{}}
	var at *time.Time
	if !e.Published.IsZero() {
		at = &e.Published
		in.CreatedAt = e.Published.Add(-24 * time.Hour)
	}
	for l, values := range e.Inputs {
		in.Sides[l] = action.ImportedSide{Published: values, PublishedAt: at}
	}
	return in
}

// demoUsers makes the accounts.
func (n *node) demoUsers(ctx context.Context, password string, random io.Reader) ([]demoAccount, map[content.RoleID]content.UserID, error) {
	ids := map[content.RoleID]content.UserID{}
	var out []demoAccount
	for _, a := range demoAccounts {
		acc := demoAccount{Role: string(a.role), Email: string(a.role) + "@pact.example.org", Password: password}
		if password == "" {
			drawn, _, err := drawPassword(random)
			if err != nil {
				return nil, nil, err
			}
			acc.Password = drawn
		}
		user := newAccount{Email: acc.Email, Name: a.name, Roles: []string{acc.Role}, Password: acc.Password, Locale: "fr"}
		if a.association != "" {
			user.Association = demo.ID(a.association)
		}
		id, err := addUser(ctx, n, user)
		if err != nil {
			return nil, nil, fmt.Errorf("make the account %s: %w", acc.Email, err)
		}
		ids[a.role], out = id, append(out, acc)
	}
	return out, ids, nil
}

// demoWork leaves some work in progress, done by the people who would do it: a
// draft for review, a changed page, a planned announcement.
func (n *node) demoWork(ctx context.Context, ids map[content.RoleID]content.UserID) error {
	author := content.Actor{Kind: content.ActorUser, ID: string(ids[access.Author])}
	editor := content.Actor{Kind: content.ActorUser, ID: string(ids[access.Editor])}
	drafts, err := demo.Drafts()
	if err != nil {
		return err
	}
	for _, draft := range drafts {
		by := author
		if draft.Publish != 0 {
			by = editor
		}
		receipt, err := n.runner.Do(ctx, by, action.CreateEntry{Collection: draft.Collection, Inputs: action.Inputs{"fr": draft.Values}})
		if err != nil {
			return fmt.Errorf("write the draft %q: %w", draft.Values["title"], err)
		}
		id := content.EntryID(receipt.Subject)
		var next action.Action = action.SubmitEntry{ID: id, Locale: "fr", Comment: draft.Comment}
		if draft.Publish != 0 {
			at := n.parts.Now().Add(draft.Publish)
			next = action.ScheduleEntry{ID: id, Locale: "fr", PublishAt: &at}
		}
		if _, err := n.runner.Do(ctx, by, next); err != nil {
			return fmt.Errorf("%s of the draft %q: %w", next.Name(), draft.Values["title"], err)
		}
	}
	return nil
}

// showAccounts prints who can sign in.
func (c *cli) showAccounts(accounts []demoAccount) {
	c.say("demo.accounts")
	for _, a := range accounts {
		c.print("  " + pad(a.Role, 15) + pad(a.Email, 32) + a.Password)
	}
	c.print(strings.Repeat("-", 20))
}
