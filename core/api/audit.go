package api

import (
	"time"

	"github.com/recueil-cms/recueil/core/content"
	"github.com/recueil-cms/recueil/core/query"
)

// auditInfo is one commit of the audit trail.
type auditInfo struct {
	Seq     uint64        `json:"seq"`
	At      time.Time     `json:"at"`
	Actor   content.Actor `json:"actor"`
	Action  string        `json:"action"`
	Subject string        `json:"subject,omitempty"`
	Reason  string        `json:"reason,omitempty"`
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
	for i, a := range items {
		out[i] = auditInfo{uint64(a.Seq), a.At, a.Actor, a.Action, a.Subject, a.Reason}
	}
	return k.page(out, next)
}
