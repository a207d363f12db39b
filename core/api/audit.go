package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
	"github.com/recueil-cms/recueil/storage/view"
)

// auditInfo is one commit of the audit trail.
type auditInfo struct {
	Seq     uint64        `json:"seq"`
	At      time.Time     `json:"at"`
	Actor   content.Actor `json:"actor"`
	Action  string        `json:"action"`
	Subject string        `json:"subject,omitempty"`
	Reason  string        `json:"reason,omitempty"`
	// Name and User say what an id does not: the name of a file, a plugin or a
	// token, and whose a session, a token or a link is. Neither is known of
	// what is gone. Entries, accounts and roles are read by their own rights.
	Name string         `json:"name,omitempty"`
	User content.UserID `json:"user,omitempty"`
}

func listAudit(k *call) error {
	p, err := k.params("actor", "action", "subject")
	if err != nil {
		return err
	}
	page := p.Page
	if err := onlyPage(p); err != nil {
		return err
	}
	f := query.AuditFilter{Actor: p.Also["actor"], Action: p.Also["action"], Subject: p.Also["subject"]}
	items, next, err := k.api.o.Query.Audit(k.ctx, k.by, f, page)
	if err != nil {
		return err
	}
	out := make([]auditInfo, len(items))
	err = k.read(func(tx *view.Tx, _ *access.Policy) error {
		for i, a := range items {
			out[i] = auditInfo{Seq: uint64(a.Seq), At: a.At, Actor: a.Actor, Action: a.Action, Subject: a.Subject, Reason: a.Reason}
			if err := out[i].learn(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return k.page(out, next)
}

// auditNouns are the kinds of what acts are about, by the beginnings of their
// names.
var auditNouns = map[string]content.NounKind{
	"asset": content.NounAsset, "plugin": content.NounPlugin, "token": content.NounToken, "session": content.NounSession,
	"link": content.NounLink, "factor": content.NounFactor, "identity": content.NounIdentity,
}

// learn puts in what is known of the subject.
func (a *auditInfo) learn(tx *view.Tx) error {
	prefix, _, _ := strings.Cut(a.Action, ".")
	kind, ok := auditNouns[prefix]
	if !ok || a.Subject == "" {
		return nil
	}
	noun, err := tx.Noun(kind, a.Subject)
	if errors.Is(err, view.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	var known struct {
		Name string         `json:"name"`
		User content.UserID `json:"user"`
	}
	if err := json.Unmarshal(noun.Body, &known); err != nil {
		return fmt.Errorf("read %s %s: %w", kind, a.Subject, err)
	}
	a.Name, a.User = known.Name, known.User
	return nil
}
