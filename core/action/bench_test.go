package action_test

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/recueil-cms/recueil/core/access"
	"github.com/recueil-cms/recueil/core/action"
	"github.com/recueil-cms/recueil/core/content"
)

// BenchmarkDo saves drafts of a few kilobytes, by callers at once, each its
// own entry, as a user with a role. One operation is one acknowledged commit.
func BenchmarkDo(b *testing.B) {
	for _, callers := range []int{1, 16, 64} {
		b.Run(fmt.Sprintf("save/callers=%d", callers), func(b *testing.B) { benchSave(b, callers, false) })
	}
	b.Run("save by program/callers=64", func(b *testing.B) { benchSave(b, 64, true) })
	b.Run("create/callers=64", benchCreate)
}

const benchBody = "Le programme accompagne des associations de jeunesse, d’éducation et d’environnement. "

func benchSave(b *testing.B, callers int, program bool) {
	s := newSite(b)
	s.defineNotes(nil)
	by := robot
	if !program {
		by = s.user("ed", grants("notes", access.ReadDraft, access.Create, access.Update))
	}
	body := ""
	for range 30 {
		body += benchBody
	}
	ids := make([]content.EntryID, callers)
	for i := range ids {
		ids[i] = s.note("title", fmt.Sprintf("Note %d", i), "body", body, "code", fmt.Sprintf("C%d", i))
	}
	var n atomic.Int64
	b.ResetTimer()
	together(callers, func(i int) {
		for {
			turn := n.Add(1)
			if turn > int64(b.N) {
				return
			}
			if _, err := s.runner.Do(b.Context(), by, action.SaveDraft{ID: ids[i], Inputs: in("score", float64(turn))}); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}

func benchCreate(b *testing.B) {
	s := newSite(b)
	s.defineNotes(nil)
	var n atomic.Int64
	b.ResetTimer()
	together(64, func(int) {
		for {
			turn := n.Add(1)
			if turn > int64(b.N) {
				return
			}
			_, err := s.runner.Do(b.Context(), robot, action.CreateEntry{Collection: "notes", Inputs: in(
				"title", fmt.Sprintf("Note %d", turn), "body", benchBody, "code", fmt.Sprintf("C%d", turn))})
			if err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
